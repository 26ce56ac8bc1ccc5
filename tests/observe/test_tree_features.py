"""What is read from the tree: each measure is true where a repository has it, and false where it nearly does."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedlore.catalogue.load import load_catalogue
from fedlore.catalogue.technologies import load_technologies
from fedlore.observe.evidence import Value
from fedlore.observe.features import technology
from fedlore.observe.project import observe_project
from tests.observe.making import AS_OF, DAY, SYMLINK, Content, make_repository

PLAIN = b"def f(x: int) -> int:\n    return x\n"
LOG = b"logger.info('x')\n"
ADR = b"# 1. Use it\n\n## Status\n\nAccepted\n\n## Considered Options\n\n* a\n* b\n"
LONG = b"def f():\n" + b"    x = 1\n" * 60
NESTED = b"def f():\n  for a in b:\n    if c:\n      while d:\n        with e:\n          if g: h()\n"

TRUE_AND_FALSE: list[tuple[str, dict[str, Content], dict[str, Content]]] = [
    ("code.tests", {"tests/test_a.py": PLAIN}, {"tests/data.json": b"{}", "src/a.py": PLAIN}),
    ("code.tests", {"pkg/a_test.go": b"package a\n"}, {"vendor/pkg/a_test.go": b"package a\n"}),
    (
        "code.type_annotations",
        {"a.py": PLAIN + b"def g(x): pass\n"},
        {"a.py": PLAIN + b"def g(x): pass\ndef h(x) -> int: pass\n"},
    ),
    ("code.type_annotations", {"a.py": PLAIN}, {"a.ts": b"function f(x: number): number { return x }\n"}),
    ("code.logging", {"a.py": LOG * 2 + b"print(1)\n"}, {"a.py": LOG + b"print(1)\n"}),
    ("code.logging", {"a.py": LOG, "tests/test_a.py": b"print(1)\n" * 9}, {"tests/test_a.py": LOG}),
    ("code.async", {"a.js": b"async function f() {}\n"}, {"test/a.js": b"async function f() {}\n"}),
    ("code.data_types", {"A.java": b"record A(int x) {}\n"}, {"A.java": b"class A {}\n"}),
    ("code.resource_handling", {"a.go": b"package a\nfunc f() { defer g() }\n"}, {"a.go": b"package a\n"}),
    ("code.bare_except", {"tests/a.py": b"try: f()\nexcept: raise\n"}, {"a.py": b"try: f()\nexcept OSError: pass\n"}),
    (
        "code.swallowed_errors",
        {"a.py": b"try: f()\nexcept OSError: pass\n"},
        {"a.py": b"try: f()\nexcept OSError: pass\n" + b"try: f()\nexcept OSError: g()\n" * 10},
    ),
    ("code.mutable_defaults", {"a.py": b"def f(x=[]): pass\n"}, {"a.py": b"def f(x=()): pass\n"}),
    ("code.long_functions", {"a.py": LONG + PLAIN * 19}, {"a.py": LONG + PLAIN * 20}),
    ("code.deep_nesting", {"a.py": NESTED + PLAIN * 19}, {"a.py": NESTED + PLAIN * 20}),
    (
        "code.duplicate_files",
        {"a.py": b"x = 1\n" * 10, "b/a.py": b"x = 1\n" * 10},
        {"a.py": b"x = 1\n" * 9, "b/a.py": b"x = 1\n" * 9, "__init__.py": b"", "b/__init__.py": b""},
    ),
    ("architecture.containers", {"Dockerfile": b"FROM x\n"}, {"vendor/Dockerfile": b"", "docs/dockerfiles.md": b""}),
    (
        "architecture.containers",
        {"deploy/compose.prod.yaml": b""},
        {"Dockerfile": (SYMLINK, b"x"), "decompose.py": b""},
    ),
    ("architecture.decision_records", {"docs/adr/0001-use-it.md": ADR}, {"docs/adr/README.md": ADR, "adr.md": ADR}),
    ("architecture.api_description", {"api/openapi.yaml": b""}, {"openapi.md": b"", "vendor/a.proto": b""}),
    ("architecture.monorepo", {"pnpm-workspace.yaml": b""}, {"sub/pnpm-workspace.yaml": b"", "package.json": b"{}"}),
    (
        "architecture.monorepo",
        {f"packages/{name}/package.json": b"{}" for name in "abc"},
        {"a/package.json": b"{}", "b/package.json": b"{}", "examples/c/package.json": b"{}"},
    ),
    (
        "architecture.layers",
        {f"src/{name}/a.py": b"" for name in ("controllers", "services", "models")},
        {"src/controllers/a.py": b"", "src/models/a.py": b"", "src/services/README.md": b"", "tests/domain/a.py": b""},
    ),
    (
        "decisions.rival_lock_files",
        {"yarn.lock": b"", "package-lock.json": b""},
        {"yarn.lock": b"", "sub/package-lock.json": b"", "poetry.lock": b""},
    ),
    ("technology.typescript", {"tsconfig.json": b"{}"}, {"a.js": b""}),
    ("technology.docker", {"app.Dockerfile": b""}, {"docker.md": b""}),
    ("technology.github_actions", {".github/workflows/ci.yml": b""}, {"docs/.github/workflows/ci.yml": b""}),
    ("technology.rust", {"src/lib.rs": b""}, {"vendor/lib.rs": b""}),
]


def features(path: Path, *commits: dict[str, Content | None], times: tuple[int, ...] = ()) -> dict[str, Value]:
    observed = observe_project(make_repository(path, *commits, times=times), as_of=AS_OF)
    assert observed.features is not None, observed.error
    return {str(name): value for name, value in observed.features.items()}


@pytest.mark.parametrize("index", range(len(TRUE_AND_FALSE)))
def test_yes_and_nearly(tmp_path: Path, index: int) -> None:
    measure, yes, no = TRUE_AND_FALSE[index]
    assert features(tmp_path / "yes", {**yes})[measure] is True
    assert features(tmp_path / "no", {**no})[measure] is False


def test_decision_records_are_held_to_nothing_where_there_are_none(tmp_path: Path) -> None:
    over, bare = {"adr/1.md": b"---\nstatus: superseded by ADR-2\n---\n"}, {"adr/1.md": b"# x\n", "adr/2.md": ADR}
    for name, yes in (("superseded_records", over), ("records_without_alternatives", bare)):
        measure = f"decisions.{name}"
        assert features(tmp_path / name, {**yes})[measure] == 1.0
        assert features(tmp_path / f"{name} not", {"adr/1.md": ADR})[measure] == 0.0
        assert features(tmp_path / f"{name} none", {"a.py": b"x = 1\n"})[measure] is None


def test_ratios(tmp_path: Path) -> None:
    found = features(
        tmp_path / "r",
        {
            "a.py": b"def f(x):\n    if x:\n        return 1\n\n# TODO: x\n" * 20,
            "tests/test_a.py": b"def test_f():\n    x = 1\n    assert x\n" * 10,
        },
    )
    assert found["code.size"] == 90.0
    assert found["code.test_ratio"] == 0.5
    assert found["code.function_length"] == 3.0
    assert found["code.complexity"] == pytest.approx(100 * 20 / 60)
    assert found["decisions.debt_comments"] == pytest.approx(1000 * 20 / 90)


def test_ratios_are_absent_without_a_base(tmp_path: Path) -> None:
    found = features(tmp_path / "r", {"README.md": b"x\n"})
    for name in ("size", "test_ratio", "function_length", "complexity"):
        assert found[f"code.{name}"] is None
    assert found["adoption.kept"] is found["adoption.typescript_share"] is None
    assert found["decisions.debt_comments"] is found["architecture.cross_module_changes"] is None


def test_cross_module_changes(tmp_path: Path) -> None:
    single = [
        {"src/a/x.py": b"x = %d\n" % step, "tests/test_x.py": b"%d\n" % step, "README": b""} for step in range(15)
    ]
    double = [{"src/a/x.py": b"y = %d\n" % step, "src/b/y.py": b"%d\n" % step} for step in range(5)]
    assert features(tmp_path / "r", *single, *double)["architecture.cross_module_changes"] == 0.25
    assert features(tmp_path / "few", *single[:19], *double[:4])["architecture.cross_module_changes"] is None


def test_adopted_technologies_are_kept_or_dropped(tmp_path: Path) -> None:
    """Docker and Travis came two years before the newest commit and Travis went; ESLint came too late to tell."""
    commits: list[dict[str, Content | None]] = [
        {"Dockerfile": b"FROM x\n", ".travis.yml": b"x\n"},
        {".travis.yml": None, ".eslintrc.json": b"{}"},
        {"a.py": b"x = 1\n"},
    ]
    times = (AS_OF - 730 * DAY, AS_OF - 300 * DAY, AS_OF)
    assert features(tmp_path / "r", *commits, times=times)["adoption.kept"] == 0.5
    assert features(tmp_path / "young", *commits, times=(AS_OF - 2, AS_OF - 1, AS_OF))["adoption.kept"] is None


def test_share_of_typescript(tmp_path: Path) -> None:
    content = {"a.ts": b"let x = 1\n" * 3, "b.js": b"let x = 1\n", "test/c.js": b"let x = 1\n" * 50}
    assert features(tmp_path / "r", content)["adoption.typescript_share"] == 0.75


def test_only_technologies_with_a_measure_are_answered() -> None:
    names = [name.removeprefix("technology.") for name in load_catalogue().measures if name.startswith("technology.")]
    assert [name for name in names if name in load_technologies()] == list(technology.ASKED)
