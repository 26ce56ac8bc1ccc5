"""The page of threats names a test that exists, or the capability that will bring it, for every attack."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CAPABILITIES = {"observe", "privacy", "aggregate", "learn", "govern", "federate", "faces"}
COUNTS = {"P": 16, "B": 10, "C": 8, "A": 7, "T": 7, "H": 7, "N": 8, "O": 8}


def _rows() -> dict[str, str]:
    lines = (ROOT / "docs" / "threat-model.md").read_text().splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| [A-Z]\d+ ", line)]
    return {row[0]: row[2] for row in cells}


def test_every_attack_has_a_row() -> None:
    assert set(_rows()) == {f"{letter}{n}" for letter, count in COUNTS.items() for n in range(1, count + 1)}


def test_every_row_names_a_test_that_exists_or_a_capability_to_come() -> None:
    for attack, told in _rows().items():
        tests = re.findall(r"`(tests/[^`]+\.py)`", told)
        planned = re.findall(r"planned: (\w+)", told)
        assert tests or planned, attack
        assert all((ROOT / test).is_file() for test in tests), attack
        assert set(planned) <= CAPABILITIES, attack


def test_every_attack_test_stands_in_the_table() -> None:
    named = set(re.findall(r"tests/attacks/(test_\w+\.py)", (ROOT / "docs" / "threat-model.md").read_text()))
    there = {path.name for path in (ROOT / "tests" / "attacks").glob("test_[A-Z][0-9]*.py")}
    assert there == named
