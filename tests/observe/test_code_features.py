"""Measures of code, smells and structure: values worked out by hand on files and histories made here."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlore.catalogue.load import load_catalogue
from fedlore.catalogue.measure import MeasureId
from fedlore.observe.duplication import block_hashes
from fedlore.observe.evidence import Answer, Class, Function, Place, SourceFile, Tree
from fedlore.observe.features import architecture, code, code_smells
from fedlore.observe.imports.resolve import imports_of
from fedlore.observe.naming import language_of
from tests.observe.histories import Commit, make_evidence
from tests.observe.sources import importing

DOMAINS = {
    code: "code_patterns",
    architecture: "architectural_patterns",
    code_smells: "code_anti_patterns",
}


def source(path: str, **facts: object) -> SourceFile:
    return SourceFile(path.encode(), path, language_of(path.encode()), 1, **facts)  # type: ignore[arg-type]


def answers(files: Sequence[SourceFile], commits: Sequence[Commit] = ()) -> dict[str, Answer]:
    evidence = replace(make_evidence(commits), tree=Tree(list(files)), imports=imports_of(files).edges)
    return {str(name): answer for module in DOMAINS for name, answer in module.features(evidence).items()}


def values(files: Sequence[SourceFile], commits: Sequence[Commit] = ()) -> dict[str, object]:
    return {name: answer.value for name, answer in answers(files, commits).items()}


def function(line: int = 1, lines: int = 5, **fields: int) -> Function:
    return Function(line, lines, **{"cyclomatic": 1, "cognitive": 0, "parameters": 0, "nesting": 0, **fields})


@pytest.mark.parametrize("module", DOMAINS, ids=lambda module: module.__name__.rpartition(".")[2])
def test_a_module_computes_exactly_the_measures_of_its_domain(module: object) -> None:
    wanted = [measure.id for measure in load_catalogue().of_domains([DOMAINS[module]])]
    assert len(wanted) >= 12
    assert sorted(module.features(make_evidence([Commit()]))) == sorted(wanted)  # type: ignore[attr-defined]


# Thresholds: the first function is just above each, the second just below, and 18 are plain.
ABOVE = function(10, 61, cyclomatic=11, cognitive=16, parameters=6, nesting=5)
BELOW = function(90, 60, cyclomatic=10, cognitive=15, parameters=5, nesting=4)
PLAIN = tuple(function(200 + line) for line in range(18))


@pytest.mark.parametrize(
    "name",
    ["complex_functions", "confusing_functions", "long_parameter_lists", "long_function_share", "nested_functions"],
)
def test_shares_of_functions_above_a_threshold(name: str) -> None:
    file = source("a.py", functions=(ABOVE, BELOW, *PLAIN))
    answer = answers([file])[f"code.{name}"]
    assert answer.value == 1 / 20
    assert list(answer.because.values()) == [1, 20]
    assert answer.places == (Place(b"a.py", 10),)
    assert answers([replace(file, functions=file.functions[:19])])[f"code.{name}"].value is None
    assert answers([replace(file, path=b"tests/a.py")])[f"code.{name}"].value is None


def test_brain_methods_ask_for_all_three() -> None:
    brain = function(1, 100, cyclomatic=24, nesting=3)
    almost = (brain._replace(lines=65), brain._replace(cyclomatic=23), brain._replace(nesting=2))
    assert values([source("a.py", functions=(brain, *almost, *PLAIN))])["code.brain_methods"] == 1 / 22


def test_concentration_of_complexity() -> None:
    """20 functions have 60 decisions; the two with most of them have 42."""
    some = tuple(function(line, cyclomatic=1 + count) for line, count in enumerate([30, 12] + [1] * 18))
    assert values([source("a.py", functions=some)])["code.complexity_concentration"] == 42 / 60


def test_means_over_functions_and_classes() -> None:
    functions = tuple(function(cyclomatic=1 + line % 2, cognitive=line % 4, parameters=2) for line in range(20))
    classes = (Class(1, 9, 4, 0, 46), Class(20, 9, 21, 1, 47), *[Class(30, 9, 1, 0, 1)] * 3, Class(50, 9, 0, 9, 0))
    found = values([source("a.py", functions=functions, classes=classes)])
    assert found["code.cyclomatic"] == 1.5
    assert found["code.cognitive"] == 1.5
    assert found["code.parameters"] == 2.0
    assert found["code.methods_per_class"] == 28 / 5
    assert found["code.god_classes"] == found["code.wide_classes"] == 1 / 5
    few = values([source("a.py", functions=functions[:19], classes=classes[:4])])
    assert few["code.cyclomatic"] is few["code.methods_per_class"] is few["code.god_classes"] is None


COUNTS = {
    "functions": 40,
    "functions_annotated": 10,
    "documented_functions": 30,
    "error_handling": 20,
    "swallowed_errors": 3,
    "catch_all": 5,
    "magic_numbers": 4,
    "dead_code": 1,
    "console_prints": 2,
}


def test_rates_of_what_the_rules_count() -> None:
    tests = source("tests/test_a.py", lines=100, counts={"test_functions": 10, "magic_numbers": 99, "functions": 10})
    main = source("a.py", lines=300, comment_lines=100, counts=COUNTS, places={"catch_all": (7, 3)})
    found = answers([main, source("b.js", lines=100), tests])
    expected = {
        "code.annotated_share": 10 / 50,
        "code.documented_functions": 30 / 40,
        "code.error_handlers": 50.0,
        "code.tests_per_function": 10 / 40,
        "code.test_file_share": 1 / 3,
        "code.comment_density": 100 / 500,
        "code.file_length": 200.0,
        "code.functions_per_file": 20.0,
        "code.catch_alls": 5 / 20,
        "code.magic_numbers": 10.0,
        "code.dead_code": 25.0,
        "code.console_prints": 5.0,
        "code.swallowed_errors": True,
    }
    assert {name: found[name].value for name in expected} == pytest.approx(expected)
    assert found["code.catch_alls"].places == (Place(b"a.py", 3), Place(b"a.py", 7))


def test_large_files() -> None:
    found = answers([source("a.c", lines=1001), source("b.c", lines=1000), source("test/c.c", lines=5000)])
    assert found["code.large_files"].value == 1001 / 2001
    assert found["code.large_files"].places == (Place(b"a.c", 1),)


def text(count: int, seed: int) -> bytes:
    return b"".join(b"value_%d = call(%d)\n" % (seed, number) for number in range(count))


def test_duplicated_blocks_are_those_of_other_files_outside_of_tests() -> None:
    copied = text(300, 1)
    files = [
        source("b.py", blocks=block_hashes(text(300, 2) + copied)),
        source("a.py", blocks=block_hashes(copied + text(300, 3))),
        source("tests/c.py", blocks=block_hashes(text(300, 2))),
    ]
    answer = answers(files)["code.duplicated_blocks"]
    assert answer.value == pytest.approx(291 / 591, abs=0.1)
    assert answer.places[0].path == b"a.py"
    assert answers(files[:1])["code.duplicated_blocks"].value == 0.0
    assert answers([source("a.py", blocks=block_hashes(text(60, 1)))])["code.duplicated_blocks"].value is None


def test_changes_fall_on_the_most_complex_files() -> None:
    """The most complex of ten files has 15 of the last year's 25 changes."""
    files = [source(f"m{number}.py", complexity=number) for number in range(10)]
    commits = [Commit(day=day, files={b"m9.py": "M"}) for day in (-400, *range(15))]
    commits += [Commit(day=day, files={b"m1.py": "M", b"gone.py": "M", b"tests/a.py": "M"}) for day in range(10)]
    answer = answers(files, commits)["code.hotspot_changes"]
    assert (answer.value, list(answer.because.values())) == (15 / 25, [15, 25])
    assert answer.places == (Place(b"m9.py", 1),)
    assert answers(files[1:], commits)["code.hotspot_changes"].value is None
    assert answers(files, commits[:19])["code.hotspot_changes"].value is None


# Ten modules: a0 and a1 import one another and b0; b0 to b3 are a chain; c0 uses a0; c1 to c3 are alone.
STATEMENTS = {
    "a/a0.py": ["from a import a1", "from b import b0"],
    "a/a1.py": ["from a import a0", "from b import b0"],
    "b/b0.py": ["from b import b1"],
    "b/b1.py": ["from b import b2"],
    "b/b2.py": ["from b import b3"],
    "b/b3.py": [],
    "c/c0.py": ["from a import a0"],
    "c/c1.py": [],
    "c/c2.py": [],
    "c/__init__.py": [],
    "tests/test_a.py": ["from a import a0", "from c import c1"],
}


def test_structure_of_imports() -> None:
    found = answers(importing(STATEMENTS))
    expected = {
        "import_cycles": 2 / 10,
        "largest_cycle": 2 / 10,
        # Reached with oneself: 6 from each of a, 4, 3, 2 and 1 from b, 7 from c0, 1 from each of the other three.
        "propagation_cost": (6 + 6 + 4 + 3 + 2 + 1 + 7 + 3) / 100,
        "dependency_depth": 6.0,
        "dependencies_per_module": 8 / 10,
        "unconnected_modules": 2 / 10,
        "folder_cycles": 0.0,
        # a: 2 inside import outside, 1 outside imports inside; b: 0 and 2; c: 1 and 0.
        "instability": (2 / 3 + 0 + 1) / 3,
        "unstable_dependencies": 0.0,
        "folder_depth": 1.0,
    }
    assert {name: found[f"architecture.{name}"].value for name in expected} == pytest.approx(expected)
    assert found["architecture.import_cycles"].places == (Place(b"a/a0.py", 1), Place(b"a/a1.py", 1))
    assert found["architecture.unconnected_modules"].places == (Place(b"c/c1.py", 1), Place(b"c/c2.py", 1))
    few = {path: some for path, some in STATEMENTS.items() if path != "c/c2.py"}
    assert answers(importing(few))["architecture.import_cycles"].value is None
    alone = values(importing({f"m{number}.py": [] for number in range(20)}))
    assert alone["architecture.import_cycles"] is alone["architecture.propagation_cost"] is None


def test_a_dependency_on_a_less_stable_folder() -> None:
    """Two folders use core (I = 1/3), which uses one that uses two more (I = 2/3)."""
    statements = {
        "p/a.py": ["import core.a"],
        "q/a.py": ["import core.a"],
        "core/a.py": ["import loose.a"],
        "loose/a.py": ["import r.a"],
        "loose/b.py": ["import s.a"],
        "r/a.py": [],
        "s/a.py": [],
    }
    assert answers(importing(statements))["architecture.unstable_dependencies"].value == 1 / 5
    stable = {**statements, "core/b.py": ["import r.a"], "loose/b.py": []}
    assert answers(importing(stable))["architecture.unstable_dependencies"].value == 0.0


def test_change_coupling_as_by_code_maat() -> None:
    """a and b share 6 of 6 and 10 revisions (75 percent), a and c 6 of 6 and 40 (26 percent), d and e 4 of 5."""
    files = importing({f"m/{name}.py": [] for name in "abcdefghij"})
    files[0] = replace(files[0], imports=("import m.b",))
    commits = [Commit(day=day, files={b"m/a.py": "M", b"m/b.py": "M", b"m/c.py": "M"}) for day in range(6)]
    commits += [Commit(day=10 + day, files={b"m/b.py": "M", b"tests/test_b.py": "M"}) for day in range(4)]
    commits += [Commit(day=20 + day, files={b"m/c.py": "M"}) for day in range(34)]
    commits += [Commit(day=60 + day, files={b"m/d.py": "M", b"m/e.py": "M"}) for day in range(4)]
    commits += [Commit(day=70, files={b"m/d.py": "M"}), Commit(day=71, files={b"m/e.py": "M"})]
    rest = [Commit(day=80 + day, files={f"m/{name}.py".encode(): "M"}) for name in "fghij" for day in range(5)]
    sweep = {b"m/%d.py" % number: "A" for number in range(30)} | {b"m/d.py": "M", b"m/e.py": "M"}
    many = [Commit(day=200 + day, files=sweep) for day in range(5)]
    tree = [*files, *importing({f"m/{number}.py": [] for number in range(30)})]
    found = answers(tree, [*commits, *rest, *many])
    assert list(found["architecture.change_coupling"].because.values()) == [2, 10]
    assert found["architecture.change_coupling"].value == 2 / 10
    assert list(found["architecture.hidden_coupling"].because.values()) == [0, 1]
    assert found["architecture.hidden_coupling"].value is None


def test_hidden_coupling() -> None:
    """Six pairs always change together; an import explains one, and a header with its source is one module."""
    pairs = [(f"p{number}/a.py", f"p{number}/b.py") for number in range(6)]
    statements = {path: [] for pair in pairs for path in pair} | {"p0/a.py": ["import p0.b"], "s/x.c": [], "s/x.h": []}
    pairs.append(("s/x.c", "s/x.h"))
    commits = [Commit(day=day, files={path.encode(): "M" for path in pair}) for pair in pairs for day in range(5)]
    answer = answers(importing(statements), commits)["architecture.hidden_coupling"]
    assert answer.value == 5 / 6
    assert answer.places[:2] == (Place(b"p1/a.py", 1), Place(b"p1/b.py", 1))


def test_what_names_of_files_tell() -> None:
    paths = ["web/Dockerfile", "api/Dockerfile", "api/prod.Dockerfile", "docker-compose.yml", "api/a.proto"]
    paths += ["cmd/x/main.go", "tool/__main__.py", "examples/y/main.go", "vendor/z/main.go", "tests/main.go"]
    paths += ["web/package.json", "api/go.mod", "docs/package.json"]
    found = values([source(path) for path in paths])
    assert found["architecture.services"] == 2.0
    assert found["architecture.entry_points"] == 2.0
    assert found["architecture.packages"] == 2.0
    assert found["architecture.monorepo"] is False
    assert (found["architecture.remote_procedures"], found["architecture.graphql"]) == (True, False)
    nothing = values([source("a.py")])
    for name in ("services", "entry_points", "packages"):
        assert nothing[f"architecture.{name}"] is None


PATHS = [
    "a.py",
    "b.py",
    "src/a.ts",
    "src/index.js",
    "x/a.go",
    "y/b.go",
    "s/a.c",
    "s/a.h",
    "tests/test_a.py",
    "Dockerfile",
]
PATHS += ["vendor/a.js", "k/A.java", "r/lib.rs", "main.rb", "p.php", "q/Q.cs", "m/M.kt", "o.cpp", "api.proto"]
small = st.integers(0, 60)
functions = st.builds(Function, st.integers(1, 500), st.integers(1, 200), st.integers(1, 60), small, small, small)
classes = st.builds(Class, st.integers(1, 500), st.integers(1, 900), small, small, small)
NAMES = ["functions", "functions_annotated", "documented_functions", "error_handling", "swallowed_errors", "catch_all"]
NAMES += ["magic_numbers", "dead_code", "test_functions", "minified", "bare_except", "deep_nesting", "records"]
IMPORTS = [
    "import a, b",
    "from . import a",
    "import './a'",
    '#include "a.h"',
    "mod a;",
    "require 'main'",
    'import "x/y"',
]
files_of_trees = st.lists(st.sampled_from(PATHS), unique=True).flatmap(
    lambda paths: st.tuples(
        *[
            st.builds(
                source,
                st.just(path),
                lines=st.sampled_from([0, 3, 60, 2000]),
                complexity=small,
                comment_lines=small,
                counts=st.dictionaries(st.sampled_from(NAMES), st.integers(1, 50)),
                places=st.dictionaries(st.sampled_from(NAMES), st.lists(small, max_size=3).map(tuple)),
                functions=st.lists(functions, max_size=3).map(lambda some: tuple(some) * 7),
                classes=st.lists(classes, max_size=3).map(lambda some: tuple(some) * 3),
                imports=st.lists(st.sampled_from(IMPORTS), max_size=3).map(tuple),
                blocks=st.lists(st.integers(0, 1 << 30), max_size=20).map(tuple),
            )
            for path in paths
        ]
    )
)
histories = st.lists(
    st.builds(
        Commit,
        day=st.floats(0, 900),
        files=st.dictionaries(st.sampled_from([path.encode() for path in PATHS]), st.sampled_from("AMD"), max_size=4),
    ),
    max_size=6,
).map(lambda some: some * 6)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(files_of_trees, histories, st.randoms(use_true_random=False))
def test_values_are_of_their_measure_and_the_order_of_files_changes_nothing(
    files: tuple[SourceFile, ...], commits: list[Commit], chance: random.Random
) -> None:
    found = answers(files, commits)
    assert answers(chance.sample(files, len(files)), commits) == found
    catalogue = load_catalogue()
    for name, answer in found.items():
        measure = catalogue[MeasureId(name)]
        if measure.kind == "yes-no":
            assert type(answer.value) is bool, name
        elif answer.value is not None:
            assert type(answer.value) is float, name
            high = 1 if measure.quantity.startswith(("share", "Gini")) else math.inf
            assert answer.value >= 0, name
            assert math.isfinite(answer.value), name
            assert answer.value <= high or name in MADE_UP, name
        assert all(type(number) in {int, float} and math.isfinite(number) for number in answer.because.values()), name
        assert len(answer.places) <= 20


MADE_UP = {"code.annotated_share", "code.documented_functions", "code.catch_alls"}
"""Shares of counts that the examples make larger than their wholes, which no file does."""


def test_an_empty_project_has_a_value_for_everything() -> None:
    found = values([])
    assert set(found.values()) == {False, None}
