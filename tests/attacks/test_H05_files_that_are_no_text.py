"""H5: whatever a manifest, a decision record or a source file holds, examining it gives counts and never an error."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlore.observe.blobs import Facts, examine, kinds_of

PATHS = (
    b"requirements.txt",
    b"pyproject.toml",
    b"setup.cfg",
    b"Pipfile",
    b"environment.yml",
    b"package.json",
    b"composer.json",
    b"Cargo.toml",
    b"go.mod",
    b"Gemfile",
    b"app.gemspec",
    b"build.gradle",
    b"gradle/libs.versions.toml",
    b"pom.xml",
    b"App.csproj",
    b"packages.config",
    b"compose.yaml",
    b".github/workflows/ci.yml",
    b"Dockerfile",
    b"docs/adr/1.md",
    b"a.py",
    b"a.tsx",
    b"a.go",
    b"a.rs",
    b"a.rb",
)
PIECES = (
    *b"\xff \xfe \xef\xbb\xbf \x00 \xe2\x80\xae \x1b[31m // /* */ --- -- \\ $ @ % #".split(b" "),
    *b"' \" ''' { } [ ] ( ) < > = . , : ;".split(b" "),
    *(
        b"\n",
        b" ",
        b"\t",
        b"\r\n",
        b"require",
        b"dependencies",
        b"[project]\n",
        b"<dependency>",
        b"<groupId>",
        b"FROM x",
    ),
    *(
        b"[options]\ninstall_requires =",
        b"def f(",
        b"except:",
        b"uses: a/b@",
        b"image: a:",
        b"<PackageReference Include='a' Version='1'/>",
        b"[libraries]\n",
        b"dependencies:\n- ",
        b"gem 'x'",
        b"status: superseded",
        b"null",
        b"1e999",
        b"true",
    ),
    *(
        b"pkg",
        b"@scope/name",
        b"../..",
        b"https://example.org",
        b"<!DOCTYPE a [",
        b"&a;",
        b"dependencies = {",
        b'"a" : ["b"]',
    ),
)


@pytest.mark.parametrize("path", PATHS)
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(pieces=st.lists(st.sampled_from(PIECES) | st.binary(max_size=6), max_size=60))
def test_examining_never_fails(path: bytes, pieces: list[bytes]) -> None:
    kind = kinds_of(path)[0]
    assert kind
    facts = examine(kind, b"".join(pieces))
    assert Facts.from_json(facts.to_json()) == facts
    assert all(url.startswith("pkg:") and url.isascii() and url.isprintable() for url, _ in facts.packages)
    assert all(constraint.isascii() and len(constraint) <= 200 for _, constraint in facts.packages)
    assert all(type(count) is int and count > 0 for count in facts.counts.values())
