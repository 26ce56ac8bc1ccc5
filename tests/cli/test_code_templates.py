"""From source code to the terminal: code that many members have is printed with holes, and no word of theirs is."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest

from fedlore import FederatedLearningEngine
from fedlore.cli.main import run
from tests.repositories import make_organisations

WORD = "qzvkcanary"
ROUND = ["learn", "patterns", "--cross-project", "--type", "code_anti_patterns", "--measure", "code.bare_except"]
SHOWN = "    try:\n        …\n    except:\n        pass\n"


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a federation of five members; a bare except is in some project of each."""
    folder = tmp_path_factory.mktemp("federation")
    places = make_organisations(folder / "repositories", 5, 3, WORD, seed=4, now=int(time.time()))
    engine = FederatedLearningEngine({"epsilon": 80.0, "delta": 1e-5}, home=folder / "home", jobs=1)
    members = {place.name: {"repositories": sorted(place.iterdir())} for place in places}
    asyncio.run(engine.initialize_federation(members))
    return folder / "home"


@pytest.fixture
def home(federation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FEDLORE_HOME", str(federation))
    monkeypatch.chdir(tmp_path)
    return federation


def test_widely_held_code_is_printed_with_holes(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = [*ROUND, "--max-examples", "1", "--min-holders", "2", "--privacy-budget", "epsilon=40,delta=1e-6"]
    assert run([*asked, "--dry-run", "--format", "json"]) == 0
    dry = json.loads(capsys.readouterr().out)
    leaving = [line for line in dry["would_leave"] if "shape of code" in line["what"]]
    assert {line["what"].rpartition(" ")[2] for line in leaving} == {
        "template.python.bare_except.1",
        "template.python.bare_except.2",
    }
    assert sorted(line["value_before_noise_and_masks"] for line in leaving) == [0, 1]
    assert (dry["plan"]["code_templates"], dry["plan"]["most_templates_each"], dry["plan"]["min_holders"]) == (2, 1, 2)
    assert run(asked) == 0
    printed = capsys.readouterr().out
    assert "asked for 2 code templates; a project names at most 1 of them; shown from 2 members on" in printed
    assert SHOWN in printed
    assert run(["insights", "patterns", "--global"]) == 0
    printed += capsys.readouterr().out
    assert printed.count(SHOWN) == 2
    assert "python, seen by code.bare_except: " in printed
    assert run(["insights", "patterns", "--global", "--format", "json"]) == 0
    read = capsys.readouterr().out
    assert [one["id"] for one in json.loads(read)["statements"] if one["kind"] == "template"] == [
        "template.python.bare_except.2"
    ]
    assert WORD not in printed + read


def test_where_the_noise_would_drown_them_none_is_asked_and_the_reason_is_printed(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*ROUND, "--max-examples", "1", "--privacy-budget", "epsilon=2,delta=1e-6"]) == 0
    printed = capsys.readouterr().out
    assert "code templates: too few members" in printed
    assert "except" not in printed.replace("bare_except", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["learn", "patterns", "--max-examples", "1"],
        ["learn", "patterns", "--measure", "code.bare_except"],
        [*ROUND, "--min-holders", "3"],
        [*ROUND, "--max-examples", "65"],
        [*ROUND, "--max-examples", "1", "--min-holders", "1"],
    ],
)
def test_options_that_do_not_go_together_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    assert "Traceback" not in capsys.readouterr().err
