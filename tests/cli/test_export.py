"""Synthetic tables by command: paid for once, the same bytes for the same operation, refusals in a sentence."""

from __future__ import annotations

import csv
import json
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fedlore.cli import exporting as cli_exporting
from fedlore.cli.main import run
from fedlore.federation import exporting
from fedlore.federation.machine import Machine
from fedlore.privacy.ledger import Charge
from fedlore.privacy.synthetic import making
from fedlore.privacy.synthetic.model import Model
from fedlore.store import audit, charges, contributions, ledger
from tests.repositories import make_organisations

COLUMNS = ("--column", "workflow.ci", "--column", "code.tests")


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_organisations(tmp_path_factory.mktemp("export"), 1, 3, "word", 3, int(time.time()))[0]


@pytest.fixture(scope="module")
def joined(repositories: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose one organisation has joined."""
    home = tmp_path_factory.mktemp("home") / "home"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("FEDLORE_HOME", str(home))
        assert run(["federation", "create", "--participants", "org1", "--privacy-level", "low"]) == 0
        arguments = ["--organization", "org1", "--repositories", str(repositories)]
        assert run(["federation", "join", "--consortium-id", Machine().chosen(None), *arguments]) == 0
    return home


@pytest.fixture
def folder(joined: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(joined, tmp_path / "home")
    monkeypatch.setenv("FEDLORE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def without_mbi(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows from the model as AIM leaves it: mbi's own part, slow to load, is tested with the model."""

    def unrefined(_shape: object, _measured: object, model: Model) -> Model:
        return model

    monkeypatch.setattr(making, "load_mbi", lambda: None)
    monkeypatch.setattr(making, "refined", unrefined)
    monkeypatch.setattr(exporting, "load_mbi", lambda: None)


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
    capsys.readouterr()
    with Machine().database("org1").reading() as connection:
        rows = charges.charges(connection)
    assert all(row.event["mechanism"] == "discrete gaussian" for row in rows)
    return [(row.epsilon_micro / 1e6, row.delta_e15 / 1e15) for row in rows if row.state == "committed"]


def test_a_table_is_paid_for_once_and_a_retry_gives_the_same_bytes(
    folder: Path, capsys: pytest.CaptureFixture[str], without_mbi: None
) -> None:
    dry = _export(capsys, *COLUMNS, "--epsilon", "3", "--dry-run")
    assert (dry["rows_here"], dry["columns"]["code.tests"]) == (3, ["no", "yes"])
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

    assert run(["insights", "export", "--synthetic", *asked, "--output", "b.csv"]) == 0
    untold = [one for one in made["estimated_distances"] if one["estimate"] is None]
    assert capsys.readouterr().out.count("estimated privately: cannot be told") == len(untold)
    assert all(one["estimate"] != 0 for one in made["estimated_distances"])

    other = ("--synthetic", *COLUMNS, "--operation-id", "first", "--output", "c.csv")
    _refused(capsys, 2, "already stands", *other, "--epsilon", "2")
    _refused(capsys, 2, "already stands", *other[:3], *other[5:], "--epsilon", "3")
    _refused(capsys, 5, "left", "--synthetic", "--epsilon", "19.5", "--output", "c.csv")
    assert not (folder / "c.csv").exists()


def test_what_cannot_be_written_is_refused_before_it_is_paid(
    folder: Path, capsys: pytest.CaptureFixture[str], without_mbi: None
) -> None:
    (folder / "there.csv").mkdir()
    for name in ("there.csv", f"{'x' * 300}.csv", "/proc/a.csv"):
        for asked in (("--synthetic", *COLUMNS, "--epsilon", "1"), ("--records", *COLUMNS)):
            _refused(capsys, 2, "cannot be written", *asked, "--output", name)
    assert _spent(capsys) == []
    with Machine().database("org1").reading() as connection:
        assert not [entry for entry in audit.entries(connection) if entry.kind.startswith("export")]
    assert sorted(path.name for path in folder.iterdir()) == ["home", "there.csv"]


def test_what_was_paid_and_could_not_be_written_is_given_again_by_the_command_that_is_printed(
    folder: Path, capsys: pytest.CaptureFixture[str], without_mbi: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, made = folder / "the table.csv", list[bytes]()

    def blocked(*arguments: Any) -> Any:
        kept = exporting.export_synthetic(*arguments)
        made.append(kept.content)
        place.mkdir()
        return kept

    with monkeypatch.context() as patched:
        patched.setattr(cli_exporting, "export_synthetic", blocked)
        asked = ("--synthetic", *COLUMNS, "--epsilon", "1.234567", "--delta", "0.000001234", "--output", place.name)
        capsys.readouterr()
        assert run(["insights", "export", *asked]) == 1
        sentence, _, command = capsys.readouterr().err.partition("costs nothing: ")
        assert "is paid for and kept" in sentence
    place.rmdir()
    name, *arguments = shlex.split(command)
    assert name == "fedlore"
    assert arguments[arguments.index("--epsilon") + 1] == "1.234567"
    assert arguments[arguments.index("--delta") + 1] == "0.000001234"
    assert run(arguments) == 0
    assert [place.read_bytes()] == made
    # Without a price, that of the ledger counts, and not that of a round.
    place.write_bytes(b"older")
    place.chmod(0o640)
    operation = arguments[arguments.index("--operation-id") + 1]
    _export(capsys, *COLUMNS, "--operation-id", operation, "--output", place.name)
    assert [place.read_bytes()] == made
    assert place.stat().st_mode & 0o777 == 0o640
    assert _spent(capsys) == [(1.234567, 1.234e-6)]
    assert sorted(path.name for path in folder.iterdir()) == ["home", place.name]


def test_without_the_extra_nothing_is_spent(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)  # what mbi computes with, and the first that is looked for
    _refused(capsys, 1, "extra 'synth'", "--synthetic", *COLUMNS, "--epsilon", "1", "--output", "c.csv")
    assert _spent(capsys) == []


def test_a_project_that_spent_its_own_budget_is_in_no_table(
    folder: Path, capsys: pytest.CaptureFixture[str], without_mbi: None
) -> None:
    (federation_id,) = (machine := Machine()).federations()
    named = machine.named_projects(federation_id, "org1")
    (exhausted, spender), *others = named
    spent = Charge(3_000_000, 10**10)
    with machine.database("org1").transaction() as connection:
        (row,) = contributions.memberships_of(connection)
        terms = {**row.terms, "project_epsilon_micro": 3_000_000, "project_delta_e15": 10**10}
        contributions.set_membership(connection, replace(row, terms=terms), [str(one.path) for one, _ in named])
        coverage = ledger.Coverage(frozenset({spender}))
        elsewhere = {"operation_id": "elsewhere", "scope": "other", "charge": spent, "caps": []}
        ledger.reserve(connection, **elsewhere, now=time.time(), coverage=coverage)
        ledger.commit(connection, "elsewhere", time.time())
    dry = _export(capsys, "--table", "commits", "--epsilon", "3", "--dry-run")
    assert (dry["projects_left_out"], dry["rows_here"]) == (1, sum(one.commits for one, _ in others))

    asked = (*COLUMNS, "--epsilon", "3", "--operation-id", "first")
    assert _export(capsys, *asked, "--dry-run")["rows_here"] == len(others)
    made = _export(capsys, *asked, "--output", "a.csv")
    assert made["projects_left_out"] == 1
    with machine.database("org1").reading() as connection:
        assert charges.projects_of(connection, "first") == sorted(name for _, name in others)
    # The retry is of the same projects, though these have spent their budget by it.
    assert _export(capsys, *asked, "--output", "b.csv")["owner"] == made["owner"]
    assert (folder / "b.csv").read_bytes() == (folder / "a.csv").read_bytes()
    _refused(capsys, 6, "none is left", "--synthetic", *COLUMNS, "--epsilon", "1", "--output", "c.csv")
    assert exhausted.features is not None


def test_what_cannot_be_exported_is_refused_in_a_sentence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _refused(capsys, 2, "has a name", "--synthetic", "--table", "projects", "--output", "a.csv", "--operation-id", "")
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
