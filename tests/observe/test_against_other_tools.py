"""What the source pass counts is what ruff, lizard, complexipy and a plain count of lines find by code of their own."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sysconfig
from collections import defaultdict
from pathlib import Path

import complexipy
import lizard
import pytest

from fedlore.observe.evidence import Function
from fedlore.observe.sizes import measure_sizes
from fedlore.observe.source import examine_source
from tests.observe import four_modules
from tests.observe.python_module import PYTHON

MODULES = {
    "python": ("py", PYTHON),
    "javascript": ("js", four_modules.JAVASCRIPT),
    "java": ("java", four_modules.JAVA),
    "c": ("c", four_modules.C),
    "go": ("go", four_modules.GO),
}
RUFF_RULES = {
    "bare_except": ("E722",),
    "mutable_defaults": ("B006",),
    "magic_numbers": ("PLR2004",),
    "long_parameter_lists": ("PLR0913",),
    "catch_all": ("E722", "BLE001"),
    "swallowed_errors": ("S110",),
}
# Lines where the source pass finds more (1) or less (-1) than ruff.
OTHER_THAN_RUFF = {
    # B006 counts comprehensions and collections.deque too, and leaves out bytearray: 1 and not 2 on this line.
    ("mutable_defaults", "def keep("): -1,
    # BLE001 forgives a handler that raises the error again: it still takes hold of everything.
    ("catch_all", 'except Exception:\n        LOG.exception("lost'): 1,
}
# Cyclomatic number and parameters, ours less lizard's, by the text of the line where a function begins.
OTHER_THAN_LIZARD = {
    # lizard counts finally, which decides nothing, in Python alone.
    ("python", "def close("): (-1, 0),
    # lizard takes self for a parameter.
    ("python", "def grade("): (0, -1),
    ("python", "def is_full("): (0, -1),
    # lizard counts no `...` in C, but does in Java.
    ("c", "int apply("): (0, 1),
}
# Cognitive complexity, ours less complexipy's.
OTHER_THAN_COMPLEXIPY = {
    # complexipy charges one for a comprehension, of which Campbell says nothing.
    "walk": -1,
    # complexipy does not look into the sides of an addition, where a comprehension holds an `and`.
    "careful": 1,
}


@pytest.fixture(scope="module")
def ruff(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[int, str]]]:
    """Lines and messages by ruff's rule."""
    path = tmp_path_factory.mktemp("ruff") / "module.py"
    path.write_text(PYTHON)
    codes = sorted({code for codes in RUFF_RULES.values() for code in codes} | {"C901"})
    settings = ("lint.mccabe.max-complexity=0", "lint.flake8-bandit.check-typed-exception=true")
    options = [option for setting in settings for option in ("--config", setting)]
    command = [str(Path(sysconfig.get_path("scripts")) / "ruff"), "check", "--isolated", "--no-cache", "--exit-zero"]
    command += ["--select", ",".join(codes), "--output-format", "json", *options, str(path)]
    found = defaultdict(list)
    for one in json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout):
        found[one["code"]].append((one["location"]["row"], one["message"]))
    assert set(codes) == found.keys()
    return found


def line_of(text: str, beginning: str) -> int:
    assert text.count(beginning) == 1
    return text[: text.index(beginning)].count("\n") + 1


def functions_of(language: str) -> list[Function]:
    return list(examine_source(MODULES[language][1].encode(), language).functions)


@pytest.mark.parametrize("name", sorted(RUFF_RULES))
def test_findings_stand_where_ruff_finds_them(name: str, ruff: dict[str, list[tuple[int, str]]]) -> None:
    facts = examine_source(PYTHON.encode(), "python")
    expected = [row for code in RUFF_RULES[name] for row, _ in ruff[code]]
    for (differing, beginning), more in OTHER_THAN_RUFF.items():
        if differing == name:
            line = line_of(PYTHON, beginning)
            expected += [line] * more
            for _ in range(-more):
                expected.remove(line)
    assert list(facts.places[name]) == sorted(expected)
    assert facts.counts[name] == len(expected)


def only_ours(function: ast.AST) -> int:
    """The decisions in a function that McCabe counts and ruff does not, less ruff's else of a try."""
    total = 0
    for node in ast.walk(function):
        match node:
            case ast.BoolOp(values=values):
                total += len(values) - 1
            case ast.IfExp():
                total += 1
            case ast.comprehension(ifs=ifs):
                total += 1 + len(ifs)
            case ast.match_case(guard=ast.expr()):
                total += 1
            case ast.Try(orelse=[_, *_]):
                total -= 1
    return total


def test_cyclomatic_numbers_are_those_of_ruff_and_its_missing_decisions(ruff: dict[str, list[tuple[int, str]]]) -> None:
    ours = {row.line: row for row in functions_of("python")}
    theirs = {row: int(re.findall(r"\d+", message)[0]) for row, message in ruff["C901"]}
    nodes = [node for node in ast.walk(ast.parse(PYTHON)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert ours.keys() == theirs.keys() == {node.lineno for node in nodes}
    for node in nodes:
        # ruff adds the functions within a function to it.
        within = sum(row.cyclomatic for row in ours.values() if node.lineno <= row.line <= (node.end_lineno or 0))
        assert within == theirs[node.lineno] + only_ours(node), node.name


@pytest.mark.parametrize("language", sorted(MODULES))
def test_functions_are_those_of_lizard(language: str) -> None:
    extension, text = MODULES[language]
    lines = text.splitlines()
    expected = {}
    for function in lizard.analyze_file.analyze_source_code(f"module.{extension}", text).function_list:
        line = function.start_line
        # lizard begins a Java method after its annotations.
        while lines[line - 2].strip().startswith("@") and language == "java":
            line -= 1
        expected[line] = (function.cyclomatic_complexity, function.parameter_count)
    for (differing, beginning), (cyclomatic, parameters) in OTHER_THAN_LIZARD.items():
        if differing == language:
            line = line_of(text, beginning)
            expected[line] = (expected[line][0] + cyclomatic, expected[line][1] + parameters)
    found = {row.line: (row.cyclomatic, row.parameters) for row in functions_of(language)}
    assert len(found) >= 6
    assert found == expected


def test_cognitive_complexity_is_that_of_complexipy() -> None:
    names = {
        node.lineno: node.name
        for node in ast.walk(ast.parse(PYTHON))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    expected = {}
    for function in complexipy.code_complexity(PYTHON).functions:
        name = function.name.rpartition("::")[2]
        expected[name] = function.complexity + OTHER_THAN_COMPLEXIPY.get(name, 0)
    found = {names[row.line]: row.cognitive for row in functions_of("python")}
    # complexipy has no row for a function within another.
    assert found.pop("add") == 1
    assert found == expected


def test_lines_of_code_are_those_of_a_plain_count(tmp_path: Path) -> None:
    for extension, text in MODULES.values():
        (tmp_path / f"module.{extension}").write_text(text)
    sizes = measure_sizes(tmp_path)
    for language, (extension, text) in MODULES.items():
        if language == "python":
            # scc takes docstrings for comments; these have one line each.
            left = re.sub(r'(?m)^\s*(?:#.*|""".*""")$', "", text)
        else:
            left = re.sub(r"/\*.*?\*/", lambda match: "\n" * match[0].count("\n"), text, flags=re.DOTALL)
            left = re.sub(r"//.*", "", left)
        code = sum(bool(line.strip()) for line in left.splitlines())
        comments = sum(bool(line.strip()) for line in text.splitlines()) - code
        size = sizes[f"module.{extension}"]
        assert (size.lines, size.comment_lines) == (code, comments), language
        assert code > 60
        assert comments > 2
