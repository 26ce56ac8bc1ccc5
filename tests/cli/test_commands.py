"""The commands, in this process on a home of their own: what they print, refuse and return."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fedlore.cli.main import run
from fedlore.observe.opening import RepositoryError

HELP_MAY_IMPORT = {"fedlore", "fedlore.catalogue", "fedlore.catalogue.errors", "fedlore.cli", "fedlore.cli.main"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FEDLORE_HOME", str(tmp_path / "home"))
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    return tmp_path


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    capsys.readouterr()
    assert run([*arguments, "--format", "json"]) == 0
    table: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert table["schema"].startswith("fedlore.")
    return table


def _refused(capsys: pytest.CaptureFixture[str], code: int, word: str, *arguments: str) -> None:
    capsys.readouterr()
    assert run(list(arguments)) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert word in printed.err
    assert "Traceback" not in printed.err


def _federation(capsys: pytest.CaptureFixture[str], organisations: list[Path], level: str = "low") -> str:
    names = ",".join(place.name for place in organisations)
    made = _json(capsys, "federation", "create", "--participants", names, "--privacy-level", level)
    identifier: str = made["consortium_id"]
    for place in organisations:
        arguments = ["--consortium-id", identifier, "--organization", place.name, "--repositories", str(place)]
        assert _json(capsys, "federation", "join", *arguments)["repositories"] == 10
    return identifier


def test_the_four_commands_tell_a_lead_what_goes_on(
    home: Path, organisations: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    identifier = _federation(capsys, organisations)
    dry = _json(capsys, "learn", "patterns", "--cross-project", "--dry-run")
    assert len(dry["would_leave"]) > 1
    assert "would leave" in dry["words"]
    asked = {row["id"] for row in dry["forecasts"]}
    assert len(asked) == dry["plan"]["shares"] + dry["plan"]["pairs"] + dry["plan"]["histograms"] + dry["plan"]["means"]
    assert all(row["noise"] > 0 and 0 < row["total"] < 1 and row["assumed"] for row in dry["forecasts"])
    assert "one half" in dry["forecasts"][0]["assumed"]
    limited = ["--unit", "contributor", "--most-projects-each", "2"]
    wider = _json(capsys, "learn", "patterns", "--cross-project", "--dry-run", "--force", *limited)
    assert (wider["plan"]["unit"], wider["plan"]["most_projects_each"]) == ("contributor", 2)
    assert "At most 2 projects of each member take part" in wider["words"]
    assert wider["forecasts"][0]["total"] > dry["forecasts"][0]["total"]
    status = _json(capsys, "federation", "status", "--show-participants", "--trust-levels")
    assert (status["consortium_id"], status["joined"], status["epsilon_spent"]) == (identifier, 6, 0.0)
    assert status["participants"][0]["asks"]["min_cohort"] == 3
    assert "participants" not in _json(capsys, "federation", "status")
    learned = _json(capsys, "learn", "patterns", "--cross-project", "--privacy-budget", "epsilon=4,delta=1e-6")
    assert learned["statements"]
    # Forecast at one half, where intervals are widest: the true shares are mostly not.
    assert 0.3 < learned["observed_over_forecast"]["share"] < 1.3
    known = _json(capsys, "learn", "patterns", "--cross-project", "--dry-run")
    assert any("earlier release" in row["assumed"] for row in known["forecasts"])
    assert learned["local"]["mark"] == "yours; nothing left"
    assert learned["local"]["projects"] == 60
    read = _json(capsys, "insights", "patterns", "--global")
    assert read["statements"] == learned["statements"]
    sure = _json(capsys, "insights", "patterns", "--global", "--confidence-threshold", "0.9")
    assert sure["left_out"] == sum(said["confidence"] < 0.9 for said in read["statements"])
    assert len(sure["statements"]) + sure["left_out"] == len(read["statements"])
    own = _json(capsys, "insights", "patterns", "--organization", "org2")
    assert own["level"] == "org2 (yours; nothing left)"
    assert _json(capsys, "federation", "status")["epsilon_spent"] == 4.0
    closer = [
        "--adaptive-clipping",
        "--type",
        "communication_anti_patterns",
        "--privacy-budget",
        "epsilon=4,delta=1e-6",
    ]
    clipped = _json(capsys, "learn", "patterns", "--cross-project", *closer)
    assert all(0 <= low < high <= 1 for low, high in clipped["plan"]["clipped_to"].values())
    assert _json(capsys, "federation", "status")["epsilon_spent"] == 8.0


def test_tables_are_printed_for_people(
    home: Path, organisations: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _federation(capsys, organisations)
    for arguments, words in (
        (["federation", "status", "--show-participants"], "about 10 repositories"),
        (["learn", "patterns", "--cross-project", "--dry-run"], "nothing was spent and nothing left"),
        (["learn", "patterns", "--cross-project", "--dry-run"], "expected 95 % intervals"),
        (["learn", "patterns", "--cross-project"], "width of the intervals over their forecast (median): share"),
        (["learn", "patterns", "--organization", "org3"], "10 projects of org3 (yours; nothing left)"),
        (["insights", "patterns", "--global"], "95 % interval"),
        (["insights", "patterns", "--organization", "org3"], "workflow.ci"),
    ):
        assert run(arguments) == 0
        assert words in capsys.readouterr().out


def test_a_folder_without_any_federation_gets_its_exact_picture(
    home: Path, organisations: list[Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(organisations[0])
    found = _json(capsys, "learn", "patterns")
    assert (found["projects"], found["mark"]) == (10, "yours; nothing left")
    said = {statement["id"]: statement for statement in found["statements"]}
    ci = sum((path / ".git").exists() and _has_ci(path) for path in organisations[0].iterdir())
    assert said["workflow.ci"]["estimate"] == pytest.approx(ci / 10)


def _has_ci(path: Path) -> bool:
    listed = subprocess.run(
        ["git", "-C", str(path), "ls-tree", "-r", "--name-only", "main"], capture_output=True, check=True
    )
    return b".github/workflows/ci.yml" in listed.stdout


def test_too_little_to_say_privately_is_said_with_the_local_picture_and_costs_nothing(
    home: Path, organisations: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _federation(capsys, organisations)
    capsys.readouterr()
    assert run(["learn", "patterns", "--cross-project", "--privacy-budget", "epsilon=0.01"]) == 4
    printed = capsys.readouterr()
    assert "yours; nothing left" in printed.out
    assert "no useful statement" in printed.err
    dry = ["learn", "patterns", "--cross-project", "--dry-run", "--privacy-budget", "epsilon=0.01", "--format", "json"]
    assert run(dry) == 4
    helps = json.loads(capsys.readouterr().out)["would_help"]
    assert helps["epsilon"] > 0.01
    assert helps["projects"] > 60
    assert re.search(r"epsilon \S+ would do and \d+ projects would do; --force", printed.err)
    assert _json(capsys, "federation", "status")["epsilon_spent"] == 0.0


def test_refusals_are_one_sentence_and_a_documented_code(
    home: Path, organisations: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _refused(capsys, 3, "no consortium", "federation", "status")
    identifier = _federation(capsys, organisations)
    org, learn = str(organisations[0]), ["learn", "patterns", "--cross-project", "--privacy-budget"]
    join = ["federation", "join", "--consortium-id", identifier, "--organization"]
    _refused(capsys, 3, "consortium", "federation", "join", "--consortium-id", "x", "--organization", "y")
    _refused(capsys, 3, "repository", *join, "org9", "--repositories", "/dev/null")
    _refused(capsys, 3, "repository", *join, "org9")
    _refused(capsys, 2, "org1", *join, "org1", "--repositories", org)
    _refused(capsys, 2, "name", *join, "../escape", "--repositories", org)
    _refused(capsys, 2, "privacy-level", "federation", "create", "--participants", "a", "--privacy-level", "immense")
    for text in ("epsilon=-1", "epsilon=nan,delta=1e-5", "epsilon=0", "epsilon=x", "speed=1", "epsilon=1,delta=2"):
        _refused(capsys, 2, "", *learn, text)
    _refused(capsys, 5, "budget", *learn, "epsilon=17")
    _refused(capsys, 6, "cap of 4", *learn, "epsilon=5")
    _refused(capsys, 2, "code_patterns", "learn", "patterns", "--type", "everything")
    _refused(capsys, 2, "--cross-project", "learn", "patterns", "--dry-run")
    _refused(capsys, 2, "--cross-project", "learn", "patterns", "--unit", "record")
    _refused(capsys, 2, "--unit", "learn", "patterns", "--cross-project", "--most-projects-each", "3")
    _refused(capsys, 2, "--organization", "insights", "patterns")
    _refused(capsys, 3, "repository", "learn", "patterns")
    _refused(capsys, 6, "history of a project of org1", *join, "org9", "--repositories", org)
    _refused(capsys, 3, "nobody", "insights", "patterns", "--organization", "nobody")


def test_help_imports_nothing_that_is_slow() -> None:
    script = "import sys; before = set(sys.modules); from fedlore.cli.main import run; run(['--help']); "
    script += "print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1].split()
    foreign = {name for name in loaded if name.split(".")[0] not in sys.stdlib_module_names}
    assert {name for name in foreign if name.split(".")[0] != "click"} == HELP_MAY_IMPORT
    assert not {"asyncio", "sqlite3", "socket", "subprocess"} & set(loaded)


@pytest.mark.parametrize(
    "command", [["observe"], ["federation"], ["learn"], ["insights"], ["demo"], ["federation", "create"]]
)
def test_every_command_has_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command, "--help"]) == 0
    assert "Usage: fedlore" in capsys.readouterr().out


def test_a_repository_error_is_not_found() -> None:
    from fedlore.cli.errors import NOT_FOUND, exit_code

    assert exit_code(RepositoryError("gone")) == NOT_FOUND
    assert exit_code(RuntimeError("other")) == 1


def test_a_path_that_cannot_be_kept_is_refused_and_leaves_the_federation_whole(
    home: Path, organisations: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    identifier = _federation(capsys, organisations[:5])
    odd = home / "odd"
    odd.mkdir()
    shutil.copytree(next(iter(sorted(organisations[5].iterdir()))), os.fsdecode(bytes(odd) + b"/bad\xff"))
    join = ["federation", "join", "--consortium-id", identifier, "--organization", "org6", "--repositories"]
    _refused(capsys, 6, "not UTF-8", *join, str(odd))
    assert _json(capsys, *join, str(organisations[5]))["repositories"] == 10
    assert _json(capsys, "learn", "patterns", "--cross-project")["members"] == 6
