"""Synthetic tables by command: paid for once, the same bytes for the same operation, refusals in a sentence."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from fedlore.cli.main import run
from tests.repositories import make_organisations

COLUMNS = ("--column", "workflow.ci", "--column", "code.tests")


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_organisations(tmp_path_factory.mktemp("export"), 1, 6, "word", 3, int(time.time()))[0]


@pytest.fixture
def folder(repositories: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FEDLORE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert run(["federation", "create", "--participants", "org1", "--privacy-level", "low"]) == 0
    from fedlore.federation.machine import Machine

    arguments = ["--organization", "org1", "--repositories", str(repositories)]
    assert run(["federation", "join", "--consortium-id", Machine().chosen(None), *arguments]) == 0
    return tmp_path


def _export(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    capsys.readouterr()
    assert run(["insights", "export", "--synthetic", *arguments, "--format", "json"]) == 0
    table: dict[str, Any] = json.loads(capsys.readouterr().out)
    return table


def _refused(capsys: pytest.CaptureFixture[str], code: int, word: str, *arguments: str) -> None:
    capsys.readouterr()
    assert run(["insights", "export", *arguments]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert word in printed.err


def _spent(capsys: pytest.CaptureFixture[str]) -> list[tuple[float, float]]:
    from fedlore.federation.machine import Machine
    from fedlore.store import charges

    capsys.readouterr()
    with Machine().database("org1").reading() as connection:
        rows = charges.charges(connection)
    assert all(row.event["mechanism"] == "discrete gaussian" for row in rows)
    return [(row.epsilon_micro / 1e6, row.delta_e15 / 1e15) for row in rows if row.state == "committed"]


def test_a_table_is_paid_for_once_and_a_retry_gives_the_same_bytes(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    dry = _export(capsys, *COLUMNS, "--epsilon", "3", "--dry-run")
    assert (dry["rows_here"], dry["columns"]["code.tests"]) == (6, ["no", "yes"])
    assert _spent(capsys) == []

    asked = (*COLUMNS, "--epsilon", "3", "--operation-id", "first")
    made = _export(capsys, *asked, "--output", "a.csv")
    assert (made["unit"], made["epsilon"], made["delta"]) == ("project", 3.0, 1e-5)
    assert "do not pass on" in made["owner"]["mark"]
    rows = list(csv.reader((folder / "a.csv").read_text().splitlines()))
    assert rows[0] == ["workflow.ci", "code.tests"]
    assert len(rows) == made["rows"] + 1
    assert {cell for row in rows[1:] for cell in row} <= {"no", "yes"}
    assert _spent(capsys) == [(3.0, 1e-5)]

    assert _export(capsys, *asked, "--output", "b.csv")["owner"] == made["owner"]
    assert (folder / "b.csv").read_bytes() == (folder / "a.csv").read_bytes()
    assert _spent(capsys) == [(3.0, 1e-5)]

    other = ("--synthetic", *COLUMNS, "--operation-id", "first", "--output", "c.csv")
    _refused(capsys, 2, "already stands", *other, "--epsilon", "2")
    _refused(capsys, 2, "already stands", *other[:3], *other[5:], "--epsilon", "3")
    _refused(capsys, 5, "left", "--synthetic", "--epsilon", "19.5", "--output", "c.csv")
    assert not (folder / "c.csv").exists()

    monkeypatch.setitem(sys.modules, "mbi", None)
    _refused(capsys, 1, "extra 'synth'", "--synthetic", *COLUMNS, "--epsilon", "1", "--output", "c.csv")
    assert _spent(capsys) == [(3.0, 1e-5)]


def test_what_cannot_be_exported_is_refused_in_a_sentence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _refused(capsys, 2, "--synthetic", "--output", "a.csv")
    _refused(capsys, 2, "--output", "--synthetic")
    _refused(capsys, 2, ".csv", "--synthetic", "--output", "a.xlsx")
    _refused(capsys, 2, "no folder", "--synthetic", "--output", "none/a.csv")
    _refused(capsys, 2, "epsilon", "--synthetic", "--epsilon", "nan", "--output", "a.csv")
    _refused(capsys, 2, "epsilon", "--synthetic", "--epsilon", "-1", "--output", "a.csv")
    _refused(capsys, 2, "delta", "--synthetic", "--delta", "0", "--output", "a.csv")
    _refused(capsys, 2, "no measure", "--synthetic", "--column", "nothing", "--output", "a.csv")
    _refused(capsys, 2, "only a table of projects", "--synthetic", "--table", "commits", *COLUMNS, "--dry-run")
    _refused(capsys, 4, "no stories", "--synthetic", "--table", "stories", "--output", "a.csv")
    assert _spent(capsys) == []
    assert not (folder / "a.csv").exists()


def test_commits_have_the_same_columns_for_everybody_and_count_once(
    folder: Path, repositories: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dry = _export(capsys, "--table", "commits", "--dry-run")
    count = 0
    for path in repositories.iterdir():
        told = subprocess.run(["git", "-C", str(path), "rev-list", "--count", "HEAD"], capture_output=True, check=True)
        count += int(told.stdout)
    assert dry["rows_here"] == count
    assert dry["unit"] == "record"
    assert dry["columns"]["merge"] == ["no", "yes"]
