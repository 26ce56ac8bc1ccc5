"""The source pass beside parsing alone, and a whole Python project beside lizard, radon and PyDriller together.

The repository is this project's own; ``FEDLORE_BENCH_REPOSITORY`` names another one, that PyDriller can open.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from statistics import median

import lizard
from ast_grep_py import SgRoot
from pydriller import Repository
from radon.complexity import cc_visit
from radon.raw import analyze

from bench.clock import timed
from bench.row import Row, at_least, at_most, value
from fedlore.observe.facts import Facts
from fedlore.observe.naming import LANGUAGES, language_of
from fedlore.observe.opening import opened
from fedlore.observe.project import observe_project
from fedlore.observe.source import examine_source

_REPEATS = 5
_LEAST_BYTES = 100_000
_LARGEST = 1_000_000
_DRILLED = (20, 120)


def run() -> list[Row]:
    """Medians of alternating repeats in one process."""
    given = os.environ.get("FEDLORE_BENCH_REPOSITORY")
    path = Path(given) if given else Path(__file__).resolve().parents[1]
    sources = _sources(path)
    rows = [
        _beside_parsing(language, list(files.values()))
        for language, files in sorted(sources.items())
        if sum(map(len, files.values())) >= _LEAST_BYTES
    ]
    return [*rows, *_beside_three_tools(path, sources["python"])]


def _sources(path: Path) -> dict[str, dict[str, bytes]]:
    """The source files at HEAD by language and path."""
    found: defaultdict[str, dict[str, bytes]] = defaultdict(dict)
    with opened(path) as repository:
        folders = [("", repository.repository[repository.head].tree)]
        while folders:
            prefix, tree = folders.pop()
            for entry in tree:
                name = f"{prefix}{entry.name}"
                language = language_of(name.encode())
                if entry.type_str == "tree":
                    folders.append((f"{name}/", entry))
                elif entry.type_str == "blob" and language and entry.size <= _LARGEST:
                    found[language][name] = entry.data
    return found


def _beside_parsing(language: str, files: Sequence[bytes]) -> Row:
    parser = LANGUAGES[language].parser
    texts = [data.decode(errors="replace") for data in files]
    ours, parsing = [], []
    for _ in range(_REPEATS):
        ours.append(timed(lambda: [examine_source(data, language) for data in files]))
        parsing.append(timed(lambda: [SgRoot(text, parser) for text in texts]))
    name = f"source pass over {len(files)} {language} files, against ast-grep parsing them"
    return at_most(name, median(ours), median(parsing), 1.6)


def _beside_three_tools(path: Path, files: dict[str, bytes]) -> list[Row]:
    observed = []
    ours = timed(lambda: observed.append(observe_project(path, as_of=int(time.time()))))
    commits = observed[0].commits
    few, many = (min(number, commits) for number in _DRILLED)
    slope = (timed(lambda: _drill(path, many)) - timed(lambda: _drill(path, few))) / (many - few)
    texts = {name: data.decode(errors="replace") for name, data in files.items()}
    measured = []
    tools = timed(lambda: measured.append({name: _measure(name, text) for name, text in texts.items()}))
    theirs = tools + slope * commits
    same, compared, lines = _agreement(
        {name: examine_source(data, "python") for name, data in files.items()}, *measured
    )
    return [
        at_least(
            f"a project of {len(files)} Python files and {commits} commits, all measures, "
            f"against lizard, radon and PyDriller (scaled from {many - few} commits)",
            ours,
            theirs,
            10,
        ),
        value(f"cyclomatic numbers equal to lizard's, of {compared} functions", same, low=0.95),
        value("physical lines equal to radon's, of the files that it can read", lines, low=1.0),
    ]


def _measure(name: str, text: str) -> tuple[dict[int, int], int]:
    """lizard's cyclomatic number by a function's first line, and radon's physical lines (-1: it cannot parse them)."""
    functions = lizard.analyze_file.analyze_source_code(name, text).function_list
    try:
        cc_visit(text)
        lines = analyze(text).loc
    except (SyntaxError, ValueError, RecursionError):
        lines = -1
    return {function.start_line: function.cyclomatic_complexity for function in functions}, lines


def _agreement(ours: dict[str, Facts], theirs: dict[str, tuple[dict[int, int], int]]) -> tuple[float, int, float]:
    """The share of functions with equal cyclomatic numbers, how many were compared, and the share of equal lines."""
    equal, lines = [], []
    for name, facts in ours.items():
        numbers, loc = theirs[name]
        equal += [row.cyclomatic == numbers[row.line] for row in facts.functions if row.line in numbers]
        if loc >= 0 and "minified" not in facts.counts:
            lines.append(abs(facts.counts.get("physical_lines", 0) - loc) <= 1)  # the empty line after the last end
    return sum(equal) / len(equal), len(equal), sum(lines) / len(lines)


def _drill(path: Path, commits: int) -> int:
    """Walk the newest commits with the names, lines and complexity of the files that each modified."""
    walk = Repository(str(path), order="reverse").traverse_commits()
    return sum(len([file.added_lines for file in commit.modified_files]) for commit in islice(walk, commits))
