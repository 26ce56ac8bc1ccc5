"""`observe` shows a team its own repositories: what is printed, written, explained and refused; nothing acts."""

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
from fedlore.observe.report.model import YOURS
from tests.observe.histories import ALICE, BOB, Commit, make_repository
from tests.observe.making import make_repository as make_tree

DAY = "2021-09-01"
HOSTILE = "\x1b[31mred\u202e[bold]<script>alert(1)</script>.py"
BARE = b"def f(a=[]):\n    try:\n        return a\n    except:\n        pass\n"


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two repositories that can be read, one whose names are hostile, and one that is broken."""
    folder = tmp_path_factory.mktemp("team")
    commits = [
        Commit(b"feat: change %d" % day, day, (ALICE, BOB)[day % 2], {b"src/shop.py": "A" if day == 0 else "M"})
        for day in range(0, 300, 10)
    ]
    tags = [(f"v1.{number}", number) for number in (5, 10, 20, 30)]
    make_repository(folder / "history", commits, tags)
    make_tree(
        folder / "source",
        {"src/late.py": b"# TODO: later\n" + BARE, ".github/workflows/ci.yml": b"on: push\n"},
        times=[1_630_000_000],
    )
    make_tree(folder / "hostile\x1b[2J\u202e", {HOSTILE: BARE}, times=[1_630_000_000])
    (folder / "broken" / "objects").mkdir(parents=True)
    (folder / "broken" / "refs").mkdir()
    (folder / "broken" / "HEAD").write_text("ref: refs/heads/none\n")
    return folder


@pytest.fixture(scope="module")
def remembered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all tests: what one has read, the others need not read again."""
    return tmp_path_factory.mktemp("remembered")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, remembered: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FEDLORE_HOME", str(remembered))
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    return tmp_path


def _run(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    capsys.readouterr()
    assert run(["observe", *arguments, "--as-of", DAY, "--jobs", "1"]) == code
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    return printed.out, printed.err


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    table: dict[str, Any] = json.loads(_run(capsys, *arguments, "--format", "json")[0])
    return table


def test_the_current_folder_is_shown_by_default(
    team: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(team)
    out, err = _run(capsys)
    words = " ".join(out.split())
    assert f"3 projects on {DAY} ({YOURS})" in words
    for title in ("strengths", "anti-patterns", "trends by quarter", "delivery keys", "not read"):
        assert title in words
    assert "src/late.py:5" in words
    assert "30 commits in 10 months, Python" in words
    assert err.count("broken") == 1


def test_hostile_names_reach_neither_terminal_nor_page(
    team: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = home / "page.html"
    out, err = _run(capsys, str(team), "--html", str(page))
    found, _ = _run(capsys, str(team), "--explain", "code.bare_except")
    plain, _ = _run(capsys, str(team), "--format", "json")
    text = page.read_text("utf-8")
    for printed in (out, err, found, json.dumps(json.loads(plain), ensure_ascii=False), text):
        assert not {"\x1b", "\u202e"} & set(printed)
    assert "[bold]<script>alert(1)</script>.py:4" in found
    assert "<script" not in text
    assert "[bold]&lt;script&gt;alert(1)&lt;/script&gt;.py:4" in text


def test_json_is_one_object_that_says_whose_it_is(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = _json(capsys, str(team))
    assert (said["schema"], said["mark"], said["as_of"]) == ("fedlore.observe/1", YOURS, DAY)
    projects = {project["name"]: project for project in said["projects"]}
    assert len(projects) == 3
    source = {finding["measure"]: finding for finding in projects["source"]["anti_patterns"]}
    assert source["code.bare_except"]["places"] == ["src/late.py:5"]
    assert source["code.bare_except"]["times_the_limit"] == 1
    assert "workflow.ci" in {finding["measure"] for finding in projects["source"]["strengths"]}
    measures = {measure["id"]: measure for measure in projects["history"]["measures"]}
    assert measures["workflow.conventional_commits"]["value"] is True
    assert measures["workflow.conventional_commits"]["low"] > 0.88
    (commits,) = [trend for trend in projects["history"]["trends"] if trend["name"] == "commits"]
    assert sum(commits["quarters"].values()) == 30
    assert [item["path"].rpartition("/")[2] for item in said["unread"]] == ["broken"]


def test_a_measure_is_explained_with_its_arithmetic(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = _run(capsys, str(team / "history"), "--explain", "workflow.conventional_commits")
    words = " ".join(out.split())
    for part in ("Do commits follow Conventional Commits?", "definition:", "source:", "30: human commits", "yes"):
        assert part in words
    said = _json(capsys, str(team / "history"), "--explain", "workflow.conventional_commits")
    assert said["schema"] == "fedlore.observe.explain/1"
    assert list(said["projects"][0]["because"].values()) == [30, 30]
    assert said["projects"][0]["high"] == 1


def test_only_a_domain_is_shown_and_then_every_measure_of_it(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = _json(capsys, str(team), "--domain", "workflow_patterns")
    assert {measure["domain"] for project in said["projects"] for measure in project["measures"]} == {
        "workflow_patterns"
    }
    out, _ = _run(capsys, str(team), "--domain", "workflow_patterns")
    assert "workflow.lockfile" in out
    assert "code.bare_except" not in out


def test_the_day_that_is_looked_back_from_counts(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    early = _json(capsys, str(team / "history"))
    capsys.readouterr()
    assert run(["observe", str(team / "history"), "--as-of", "2025-01-01", "--format", "json"]) == 0
    late = json.loads(capsys.readouterr().out)
    alive = [
        measure["value"]
        for said in (early, late)
        for measure in said["projects"][0]["measures"]
        if measure["id"] == "success.survival"
    ]
    assert alive == [True, False]


def test_nothing_is_remembered_where_it_is_not_wanted(
    team: Path, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEDLORE_HOME", str(home / "home"))
    anew, _ = _run(capsys, str(team), "--format", "json", "--no-cache")
    assert not (home / "home").exists()
    first, _ = _run(capsys, str(team), "--format", "json")
    assert list((home / "home").rglob("*.sqlite"))
    again, _ = _run(capsys, str(team), "--format", "json")
    assert anew == first == again


def test_refusals_are_one_sentence_and_a_documented_code(
    team: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = str(team / "history")
    for code, word, arguments in (
        (3, "no git repository", []),
        (3, "no git repository", ["/nonexistent"]),
        (3, "no git repository", [shop, str(home / "empty")]),
        (3, "broken", [str(team / "broken")]),
        (2, "no measure has the id 'code.beauty'", [shop, "--explain", "code.beauty"]),
        (2, "unknown domain", [shop, "--domain", "everything"]),
        (2, "near it: code.bare_except", [shop, "--explain", "code.bare_excep"]),
        (2, "no measure has the id ''", [shop, "--explain", ""]),
        (2, "unknown domain ''", [shop, "--domain", ""]),
        (2, "neither", [shop, "--explain", "code.bare_except", "--html", str(home / "page.html")]),
        (2, "neither", [shop, "--explain", "code.bare_except", "--domain", "code"]),
        (3, f"lies in the repository {shop}", [str(team / "history" / ".git" / "hooks" / "none")]),
        (2, "no folder", [shop, "--html", str(home / "nowhere" / "page.html")]),
        (2, "directory", [shop, "--html", str(home)]),
        (2, "--jobs", [shop, "--jobs", "0"]),
        (2, "--as-of", [shop, "--as-of", "tomorrow"]),
        (2, "1970", [shop, "--as-of", "1960-01-01"]),
    ):
        capsys.readouterr()
        assert run(["observe", *arguments]) == code, arguments
        printed = capsys.readouterr()
        assert printed.out == ""
        assert word in printed.err
        assert "Traceback" not in printed.err
    assert not (home / "nowhere").exists()


def test_nothing_of_the_repositories_is_changed_or_run(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = _state(team)
    _run(capsys, str(team), "--no-cache")
    assert _state(team) == before


def _state(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(folder.rglob("*"))}


def test_a_pipe_gets_neither_colours_nor_progress(team: Path) -> None:
    environment = {**os.environ, "FORCE_COLOR": ""}
    command = ["-c", "import sys; from fedlore.cli.main import run; sys.exit(run(sys.argv[1:]))"]
    done = subprocess.run(
        [sys.executable, *command, "observe", str(team), "--as-of", DAY],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", done.stdout + done.stderr)
    assert "reading" not in done.stderr


def test_an_output_without_unicode_or_none_at_all_ends_in_words(team: Path) -> None:
    command = [sys.executable, "-c", "from fedlore.cli.main import main; main()", "observe", str(team), "--as-of", DAY]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert "projects on" in done.stdout
    closed = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *command], stderr=subprocess.PIPE, text=True, check=False
    )
    assert closed.returncode == 1
    assert closed.stderr == "fedlore: standard output is closed; there is nowhere to print to\n"


def test_an_anti_pattern_shows_its_value_and_interval(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = _run(capsys, str(team / "source"))
    assert "; 95 %: " in out.split("anti-patterns", 1)[1].split("trends by quarter", 1)[0]


def test_the_commands_of_the_readme_run_as_they_stand(
    team: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = re.findall(r"^fedlore (observe\b[^#\n]*)", (Path(__file__).parents[2] / "README.md").read_text(), re.M)
    assert len(lines) == 4
    here = tmp_path / "here"
    here.mkdir()
    shutil.copytree(team / "source", here / "source")
    monkeypatch.chdir(here)
    for line in lines:
        assert run(line.split()) == 0
        assert capsys.readouterr().out
    assert (here / "report.html").stat().st_size > 50_000
