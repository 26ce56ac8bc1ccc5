"""What README says of exit codes, privacy levels and the Python interface is so."""

from __future__ import annotations

import re
from pathlib import Path

from fedlore.catalogue.presets import PRESETS
from fedlore.cli.main import EXIT_CODES

README = (Path(__file__).parents[2] / "README.md").read_text()


def _rows(title: str) -> list[list[str]]:
    table = README.split(f"| {title} |", 1)[1].split("\n\n", 1)[0]
    lines = table.splitlines()[2:]
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]


def test_exit_codes_are_those_of_the_commands() -> None:
    assert {int(code): words for code, words in _rows("exit code")} == EXIT_CODES


def test_privacy_levels_are_the_presets() -> None:
    rows = {row[0]: row[1:] for row in _rows("privacy level")}
    assert set(rows) == set(PRESETS)
    for name, (epsilon, delta, members, unit) in rows.items():
        preset = PRESETS[name]
        assert [float(number) for number in epsilon.split(", ")] == [preset.epsilon_round, preset.epsilon_total]
        assert [float(number) for number in delta.split(", ")] == [preset.delta_round, preset.delta_total]
        assert (int(members), unit) == (preset.min_cohort, f"one {preset.unit}")


def test_every_page_that_is_linked_exists() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (Path(__file__).parents[2] / target).exists(), target


def test_the_python_example_compiles() -> None:
    for block in re.findall(r"```python\n(.*?)```", README, flags=re.S):
        compile(block, "README.md", "exec")
