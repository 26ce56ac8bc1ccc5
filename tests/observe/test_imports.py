"""Import statements of each family of languages lead to the files that they mean, and to no other."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fedlore.observe.imports import javascript
from fedlore.observe.imports.php import used_names
from fedlore.observe.imports.resolve import MOST_CHARACTERS, imports_of
from fedlore.observe.imports.rust import used_paths
from tests.observe.sources import importing, named_edges

TREES: dict[str, tuple[dict[str, list[str]], set[tuple[str, str]]]] = {
    "python: packages, modules and attributes": (
        {
            "a/__init__.py": ["from . import b", "from .b import B, C"],
            "a/b.py": ["import a.c.d", "from a import b, c", "import os, a.c as other, json", "from a.c import *"],
            "a/c/__init__.py": ["from .. import thing", "from ..b import (B as X,)", "from ... import above"],
            "a/c/d.py": ["from . import e", "from .e import missing", "import a.missing.deep", "from a.b.c import d"],
            "a/c/e.py": ["from a import b; import a.c.d", "importing = 1", "from .. import b as one, c as two"],
        },
        {
            ("a/__init__.py", "a/b.py"),
            ("a/b.py", "a/c/d.py"),
            ("a/b.py", "a/c/__init__.py"),
            ("a/c/__init__.py", "a/__init__.py"),
            ("a/c/__init__.py", "a/b.py"),
            ("a/c/d.py", "a/c/e.py"),
            ("a/c/e.py", "a/b.py"),
            ("a/c/e.py", "a/c/__init__.py"),
        },
    ),
    "python: source folders, tests and scripts": (
        {
            "src/pkg/__init__.py": [],
            "src/pkg/json.py": ["import json", "import logging"],
            "src/pkg/x.py": ["import json", "from pkg import json"],
            "tests/test_x.py": ["import pkg.x", "from helper import f", "import logging"],
            "tests/helper.py": [],
            "tests/fixtures/logging/__init__.py": [],
            "tools/run.py": ["import beside", "import only.here"],
            "tools/beside.py": [],
            "services/one/only/__init__.py": [],
            "services/one/only/here.py": [],
            "services/one/app.py": ["from common.a import A"],
            "services/one/common/__init__.py": [],
            "services/one/common/a.py": [],
            "services/two/common/__init__.py": [],
            "services/two/common/a.py": [],
            "services/three/app.py": ["from common.a import A"],
        },
        {
            ("src/pkg/x.py", "src/pkg/json.py"),
            ("tests/test_x.py", "src/pkg/x.py"),
            ("tests/test_x.py", "tests/helper.py"),
            ("tools/run.py", "tools/beside.py"),
            ("tools/run.py", "services/one/only/here.py"),
            ("services/one/app.py", "services/one/common/a.py"),
        },
    ),
    "javascript: extensions, index files, aliases and workspaces": (
        {
            "index.js": ["module.exports = require('./lib/express');", 'const x = require("express")'],
            "lib/express.js": ["import a, { b } from '../src/a.js';", "export * from './view'", 'import "./side.css"'],
            "lib/view/index.mjs": ["const { c } = require('..')", "import('../utils')"],
            "lib/utils.js": ["import x from './missing'", "import y from '../../outside'"],
            "src/a.ts": ["import type { D } from '@/deep/d'", "import e from 'deep/d'", "import f from 'lodash/fp'"],
            "src/deep/d.tsx": ["import x from `./e.jsx`"],
            "src/deep/e.tsx": [],
            "packages/core/src/index.ts": [],
            "packages/app/main.ts": ["import { x } from '@scope/core'", "import { y } from '@scope/none'"],
        },
        {
            ("index.js", "lib/express.js"),
            ("lib/express.js", "src/a.ts"),
            ("lib/express.js", "lib/view/index.mjs"),
            ("lib/view/index.mjs", "lib/utils.js"),
            ("src/a.ts", "src/deep/d.tsx"),
            ("src/deep/d.tsx", "src/deep/e.tsx"),
            ("packages/app/main.ts", "packages/core/src/index.ts"),
        },
    ),
    "go: packages of the module, and of another module in the tree": (
        {
            "go.mod": [],
            "gin.go": ['import ( "net/http" "github.com/o/gin/internal/json" r "github.com/o/gin/render" )'],
            "gin_test.go": ['import "github.com/o/gin/testing"'],
            "internal/json/a.go": ['import "encoding/json"'],
            "internal/json/b.go": [],
            "render/a_test.go": ['import "github.com/stretchr/testify/assert"', 'import . "github.com/o/gin"'],
            "render/b.go": ["import `github.com/o/gin/internal/json`"],
            "assert/a.go": [],
            "json/a.go": [],
            "sub/go.mod": [],
            "sub/x/a.go": ['"example.org/y/z"', '"github.com/o/gin/render"', '"example.org/y/x"'],
            "sub/z/a.go": [],
        },
        {
            ("gin.go", "internal/json/a.go"),
            ("gin.go", "render/b.go"),
            ("render/a_test.go", "gin.go"),
            ("render/b.go", "internal/json/a.go"),
            ("sub/x/a.go", "sub/z/a.go"),
            ("sub/x/a.go", "render/b.go"),
        },
    ),
    "java and kotlin: classes, members and whole packages": (
        {
            "app/src/main/java/org/e/Main.java": [
                "import org.e.model.User;",
                "import static org.e.util.Text.trim;",
                "import java.util.List;",
                "import org.e.model.User.Role;",
            ],
            "app/src/main/java/org/e/model/User.java": ["import org.e.util.*;"],
            "app/src/main/java/org/e/util/Text.java": ["import org.e.model.User"],
            "app/src/main/java/org/e/util/Abc.java": [],
            "app/src/main/kotlin/org/e/More.kt": ["import org.e.util.joined as other", "import org.e.model.`User`"],
            "util/List.java": [],
        },
        {
            ("app/src/main/java/org/e/Main.java", "app/src/main/java/org/e/model/User.java"),
            ("app/src/main/java/org/e/Main.java", "app/src/main/java/org/e/util/Text.java"),
            ("app/src/main/java/org/e/model/User.java", "app/src/main/java/org/e/util/Abc.java"),
            ("app/src/main/java/org/e/util/Text.java", "app/src/main/java/org/e/model/User.java"),
            ("app/src/main/kotlin/org/e/More.kt", "app/src/main/java/org/e/util/Abc.java"),
            ("app/src/main/kotlin/org/e/More.kt", "app/src/main/java/org/e/model/User.java"),
        },
    ),
    "rust: modules, crates and paths": (
        {
            "core/src/lib.rs": [
                "pub mod body;",
                "mod error;",
                "pub use self::error::Error;",
                "#[macro_use] mod macros;",
            ],
            "core/src/body.rs": ["use crate::{Error, error::{self, Kind as K}};", "use std::fmt;"],
            "core/src/error/mod.rs": ["pub(crate) mod kind;", "use super::body::Body;", "use super::*;"],
            "core/src/error/kind.rs": ["use super::super::body;", "use kind::x;", "use self::inner::Y;"],
            "core/src/macros.rs": [],
            "my-app/src/main.rs": ["use core::body::Body;", "use my_core::Error;", "mod routes;"],
            "my-app/src/routes.rs": ["use crate::*;"],
            "my-core/src/lib.rs": [],
            "my-core/tests/all.rs": ["use my_core::Error;", "mod support;"],
            "my-core/tests/support/mod.rs": [],
        },
        {
            ("core/src/lib.rs", "core/src/body.rs"),
            ("core/src/lib.rs", "core/src/error/mod.rs"),
            ("core/src/lib.rs", "core/src/macros.rs"),
            ("core/src/body.rs", "core/src/lib.rs"),
            ("core/src/body.rs", "core/src/error/mod.rs"),
            ("core/src/error/mod.rs", "core/src/error/kind.rs"),
            ("core/src/error/mod.rs", "core/src/body.rs"),
            ("core/src/error/kind.rs", "core/src/body.rs"),
            ("my-app/src/main.rs", "core/src/body.rs"),
            ("my-app/src/main.rs", "my-core/src/lib.rs"),
            ("my-app/src/main.rs", "my-app/src/routes.rs"),
            ("my-app/src/routes.rs", "my-app/src/main.rs"),
            ("my-core/tests/all.rs", "my-core/src/lib.rs"),
            ("my-core/tests/all.rs", "my-core/tests/support/mod.rs"),
        },
    ),
    "c and c++: beside, below the top, and by the end of a path": (
        {
            "a.c": ['#include "a.h"', "#include <string.h>", '# include "compat/b.h"', '#include "far.h"'],
            "a.h": [],
            "compat/b.h": ['#include "../a.h"', '#include "string.h"'],
            "compat/string.h": [],
            "lib/x/far.h": ["#include <lib/y.hpp>"],
            "lib/include/lib/y.hpp": ["#include <sys/types.h>", '#include "far.h"'],
            "types.h": [],
            "lib/x/one.cc": ['#include "far.h"'],
            "another/far.h": [],
        },
        {
            ("a.c", "a.h"),
            ("a.c", "compat/b.h"),
            ("a.c", "lib/x/far.h"),
            ("compat/b.h", "a.h"),
            ("compat/b.h", "compat/string.h"),
            ("lib/x/far.h", "lib/include/lib/y.hpp"),
            ("lib/include/lib/y.hpp", "lib/x/far.h"),
            ("lib/x/one.cc", "lib/x/far.h"),
        },
    ),
    "ruby: relative, by the load path, and when needed": (
        {
            "lib/gem.rb": ["require 'gem/core'", "require 'json'", "autoload :Late, 'gem/late'", 'require "#{x}"'],
            "lib/gem/core.rb": [
                "require_relative 'late'",
                "require_relative('../gem')",
                "require_relative '../../../x'",
            ],
            "lib/gem/late.rb": [],
            "spec/core_spec.rb": ["require 'spec_helper'", "require 'gem'"],
            "spec/spec_helper.rb": [],
        },
        {
            ("lib/gem.rb", "lib/gem/core.rb"),
            ("lib/gem.rb", "lib/gem/late.rb"),
            ("lib/gem/core.rb", "lib/gem/late.rb"),
            ("lib/gem/core.rb", "lib/gem.rb"),
            ("spec/core_spec.rb", "spec/spec_helper.rb"),
            ("spec/core_spec.rb", "lib/gem.rb"),
        },
    ),
    "php: classes below an unknown prefix, groups, and required files": (
        {
            "src/Http/Request.php": ["use Acme\\App\\Http\\{Kernel, Util\\Text as T};", "use function Acme\\App\\f;"],
            "src/Http/Kernel.php": ["use Psr\\Log\\LoggerInterface;", "use Acme\\App\\Kernel;"],
            "src/Http/Util/Text.php": ["use Acme\\App\\Http\\Request as R, Acme\\App\\Http\\Kernel;"],
            "src/Kernel.php": ["require_once __DIR__ . '/../boot.php';"],
            "boot.php": ["require 'src/Kernel.php';", "include $path;"],
        },
        {
            ("src/Http/Request.php", "src/Http/Kernel.php"),
            ("src/Http/Request.php", "src/Http/Util/Text.php"),
            ("src/Http/Kernel.php", "src/Kernel.php"),
            ("src/Http/Util/Text.php", "src/Http/Request.php"),
            ("src/Http/Util/Text.php", "src/Http/Kernel.php"),
            ("src/Kernel.php", "boot.php"),
            ("boot.php", "src/Kernel.php"),
        },
    ),
    "c#: namespaces in folders, with dots, and without the project's name": (
        {
            "src/Acme.Core/Models/User.cs": ["using System.Text;"],
            "src/Acme.Core/Models/Abc.cs": [],
            "src/Acme.Core/Text/X.cs": ["using static Acme.Core.Models.User;", "global using Acme.Core.Models;"],
            "app/Views/Page.cs": ["using Acme.Core.Models;", "using M = Acme.Core.Text.X;", "using var x = f();"],
            "app/Main.cs": ["using Shop.Views.Parts;"],
            "app/Views/Parts/Part.cs": ["using Microsoft.Views.Parts;"],
        },
        {
            ("src/Acme.Core/Text/X.cs", "src/Acme.Core/Models/User.cs"),
            ("src/Acme.Core/Text/X.cs", "src/Acme.Core/Models/Abc.cs"),
            ("app/Views/Page.cs", "src/Acme.Core/Models/Abc.cs"),
            ("app/Views/Page.cs", "src/Acme.Core/Text/X.cs"),
            ("app/Main.cs", "app/Views/Parts/Part.cs"),
        },
    ),
    "languages do not import one another": (
        {"a.py": ["import b"], "b.js": ["import './a.py'"], "c.rb": ["require 'b'"], "README.md": ["import a"]},
        set(),
    ),
}


@pytest.mark.parametrize("name", TREES)
def test_edges_of_a_tree(name: str) -> None:
    statements, expected = TREES[name]
    assert named_edges(importing(statements)) == expected


ALL = importing({path: some for statements, _ in TREES.values() for path, some in statements.items()})


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.permutations(range(len(ALL))))
def test_the_order_of_files_changes_nothing(order: list[int]) -> None:
    assert named_edges([ALL[row] for row in order]) == named_edges(ALL)


WORDS = [
    "import ",
    "from ",
    "use ",
    "using ",
    "require ",
    "#include ",
    "mod ",
    "a",
    "b",
    ".",
    "/",
    "::",
    "\\",
    "{",
    "}",
]
WORDS += ["(", ")", ",", ";", " ", '"', "'", "<", ">", "*", "as ", "self", "super", "crate", "\n", "..", "é", "\udc80"]
EXTENSIONS = ("py", "js", "tsx", "go", "java", "kt", "rs", "c", "cpp", "rb", "php", "cs")
statements = st.lists(st.sampled_from(WORDS), max_size=20).map("".join)
paths = st.tuples(st.lists(st.sampled_from(["a", "b", "src", "..", "é"]), max_size=3), st.sampled_from(EXTENSIONS)).map(
    lambda parts: "/".join([*parts[0], f"a.{parts[1]}"])
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.dictionaries(paths, st.lists(statements, max_size=4), max_size=8))
@example({"a.rs": ["use *", "use {*, *}"]})
def test_any_statements_give_edges_between_other_files(tree: dict[str, list[str]]) -> None:
    edges = imports_of(importing(tree)).edges
    assert list(edges) == sorted(set(edges))
    assert all(0 <= one < len(tree) and 0 <= other < len(tree) and one != other for one, other in edges)


HOSTILE = {
    "py": ["from " + "." * 5_000_000 + "a import b", "import " + "a," * 2_000_000, "import " + "a." * 2_000_000],
    "js": ["import " + "from " * 500_000 + "'./a'", "require(" * 500_000, "import x from '" + "../" * 100_000 + "'"],
    "go": ['"' + "a/" * 200 + '"', '"' * 1_000_000],
    "java": ["import " + "a." * 1_000_000 + "*", "import " + " " * 1_000_000],
    "rs": ["use " + "a::{" * 500_000, "use " + "a::" * 500_000, "pub(" * 500_000 + " mod x", "#[" * 500_000],
    "c": ["#include " + '"' + "../" * 500_000 + '"', "#" + " " * 1_000_000],
    "rb": ["require " * 500_000 + "'x'", "autoload " + ":a," * 500_000],
    "php": [
        "use A\\{" + "B," * 1_000_000,
        "use " + "A\\" * 1_000_000,
        "require " * 500_000,
        "include" + " " * 1_000_000,
    ],
    "cs": ["using " + "A." * 1_000_000, "global " * 500_000, "using " + "x = " * 500_000],
}


@pytest.mark.parametrize("extension", HOSTILE)
def test_hostile_statements_take_no_time(extension: str) -> None:
    begun = time.process_time()
    deep = "/".join(["a"] * 500)
    files = {
        f"{folder}x{number}.{extension}": HOSTILE[extension] for number in range(20) for folder in ("", deep, "a/")
    }
    imports_of(importing(files))
    assert time.process_time() - begun < 5


def test_a_million_statements() -> None:
    """1,000 files that import 1,000 others each; statements beyond the limit are left out, in the order of paths."""
    names = [f"m{number}" for number in range(1000)]
    begun = time.process_time()
    edges = imports_of(importing({f"{name}.py": [f"import {other}" for other in names] for name in names})).edges
    assert len(edges) == 1000 * 999
    assert time.process_time() - begun < 15
    long = ["import m1" + " " * 9990] * (MOST_CHARACTERS // 9999 + 1)
    too_many = importing({"a.py": long, "m1.py": ["import m2"], "m2.py": []})
    assert named_edges(too_many) == {("a.py", "m1.py")}
    (note,) = imports_of(too_many).notes
    assert (
        note == "Not all imports were followed: left out are import statements after the first 20,000,000 characters."
    )


def test_paths_that_were_no_longer_tried_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    files = importing({"a.js": [], "b.js": ["import './a'", "import './c'"], "c.js": []})
    assert imports_of(files).notes == ()
    monkeypatch.setattr(javascript, "MOST_TRIES", 1)
    (note,) = imports_of(files).notes
    assert note.startswith("Not all imports were followed: left out are those of JavaScript and TypeScript after 1 ")


def test_a_name_that_thousands_of_files_have() -> None:
    files = {f"f{number}/x/util.h": ['#include "y/util.h"', '#include "x/util.h"'] for number in range(3000)}
    begun = time.process_time()
    # Fifty candidates are looked at; the files among these would import themselves.
    assert len(imports_of(importing({**files, "y/util.h": []})).edges) == 3000 + 2950
    assert time.process_time() - begun < 10


def test_use_trees_of_rust() -> None:
    assert used_paths("a::{self, b::{c, d as e}, f::*};") == [("a",), ("a", "b", "c"), ("a", "b", "d"), ("a", "f")]
    assert used_paths("super::*;") == []
    assert used_paths("r#mod::r#x") == [("mod", "x")]
    assert len(used_paths(",".join(["a"] * 5000))) == 1000


def test_group_names_of_php() -> None:
    assert list(used_names(r"A\{B, C as D, E\F}")) == [("A", "B"), ("A", "C"), ("A", "E", "F")]
    assert list(used_names(r"\A\B as C, D")) == [("A", "B"), ("D",)]


def test_nobody_imports_in_an_empty_tree() -> None:
    assert imports_of([]).edges == ()
    assert imports_of(importing({"a.py": ["import random"]})).edges == ()
