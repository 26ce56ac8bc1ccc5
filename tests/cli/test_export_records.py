"""Records by command: k, l and t hold in the file, no name is in it, the audit log knows it, refusals write nothing."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fedlore.cli.main import run
from fedlore.govern.audit.entry import Entry
from tests.repositories import make_organisations

WORD = "zanzibar"
COLUMNS = ("--column", "workflow.ci", "--column", "code.tests", "--column", "success.survival")


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_organisations(tmp_path_factory.mktemp("records"), 1, 12, WORD, 3, int(time.time()))[0]
    first = min(path for path in folder.iterdir())
    story = "# Story 1.{n}: =HYPERLINK({word})\n\nStatus: {status}\n\n## Tasks\n\n- [{x}] {word}\n- [ ] {word}\n"
    files = {
        f"docs/stories/1-{n}-{WORD}.md": story.format(
            n=n, word=WORD, status="done" if n % 2 else "review", x="x "[n % 2]
        )
        for n in range(1, 13)
    }
    for name, text in files.items():
        path = first / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    subprocess.run(["git", "-C", str(first), "read-tree", "HEAD"], check=True)
    subprocess.run(["git", "-C", str(first), "add", "docs"], check=True)
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", str(first), *author, "commit", "-q", "-m", "docs: stories"], check=True)
    return folder


@pytest.fixture(scope="module")
def folder(repositories: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where org1, which has joined, works; all tests of this module share it and its audit log."""
    place = tmp_path_factory.mktemp("work")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FEDLORE_HOME", str(place / "home"))
        patch.chdir(place)
        assert run(["federation", "create", "--participants", "org1", "--privacy-level", "low"]) == 0
        from fedlore.federation.machine import Machine

        arguments = ["--organization", "org1", "--repositories", str(repositories)]
        assert run(["federation", "join", "--consortium-id", Machine().chosen(None), *arguments]) == 0
        yield place


def _entries() -> list[Entry]:
    from fedlore.federation.machine import Machine
    from fedlore.store import audit

    with Machine().database("org1").reading() as connection:
        audit.verify(connection)
        return [entry for entry in audit.entries(connection) if entry.kind == "export.records"]


def _export(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[dict[str, Any], str]:
    capsys.readouterr()
    assert run(["insights", "export", "--records", *arguments, "--format", "json"]) == 0
    printed = capsys.readouterr()
    table: dict[str, Any] = json.loads(printed.out)
    return table, printed.err


def _classes(rows: list[list[str]], described: int) -> dict[tuple[str, ...], list[list[str]]]:
    found: dict[tuple[str, ...], list[list[str]]] = defaultdict(list)
    for row in rows:
        found[tuple(row[:described])].append(row[described:])
    return found


def test_a_table_of_projects_has_what_was_asked_and_its_audit_entry(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, warned = _export(capsys, *COLUMNS, "--k", "4", "--l", "2", "--t", "0.3", "--output", "p.csv")
    content = (folder / "p.csv").read_bytes()
    names, *rows = csv.reader(content.decode().splitlines())
    assert names == ["workflow.ci", "code.tests", "success.survival"]
    assert len(rows) == made["rows"] == 12
    overall = sum(row[2] == "yes" for row in rows) / len(rows)
    for same in _classes(rows, 2).values():
        assert len(same) >= 4
        assert len({row[0] for row in same}) == 2
        assert abs(sum(row[0] == "yes" for row in same) / len(same) - overall) <= 0.3
    assert made["has"]["k"] >= 4
    assert made["sensitive"] == ["success.survival"]
    assert "not differential privacy" in warned
    assert "exported before" not in warned

    (entry,) = [one for one in _entries() if one.body["table"] == "projects"]
    assert entry.body["content_sha256"] == hashlib.sha256(content).hexdigest()
    assert (entry.body["asked_k"], entry.body["asked_l"], entry.body["asked_t"]) == (4, 2, 0.3)
    assert entry.body["has_k"] == made["has"]["k"]
    assert entry.body["rows"] == made["rows"]

    _, warned = _export(capsys, *COLUMNS, "--k", "4", "--output", "b.json")
    assert "1 tables of projects were exported before" in warned
    written = json.loads((folder / "b.json").read_text())
    assert written["guarantee"] == {"k": 4, "l": 2, "t": 0.3, "diversity": "distinct"}
    assert "loss" not in written


def test_stories_are_records_without_a_word_of_their_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made, _ = _export(capsys, "--table", "stories", "--k", "3", "--l", "1", "--t", "1", "--output", "s.csv")
    assert made["rows"] == 12
    names, *rows = csv.reader((folder / "s.csv").read_text().splitlines())
    assert names == ["status", "criteria", "tasks", "points", "tasks_done"]
    assert all(number >= 3 for number in Counter(tuple(row[:3]) for row in rows).values())
    assert {row[0] for row in rows} == {"done", "review"}
    assert WORD not in (folder / "s.csv").read_text()
    fewer = ("--column", "status", "--column", "tasks_done", "--k", "2", "--t", "1", "--l", "1")
    _export(capsys, "--table", "stories", *fewer, "--output", "f.csv")
    assert (folder / "f.csv").read_text().splitlines()[0] == "status,tasks_done"
    assert WORD not in json.dumps([dict(entry.body) for entry in _entries()])


@pytest.mark.parametrize(
    ("code", "word", "arguments"),
    [
        (2, "--synthetic or --records", ["--records", "--synthetic", "--output", "a.csv"]),
        (2, "--output", ["--records"]),
        (2, "go with --synthetic", ["--records", "--epsilon", "1", "--output", "a.csv"]),
        (2, "go with --synthetic", ["--records", "--dry-run", "--output", "a.csv"]),
        (2, "projects or stories", ["--records", "--table", "commits", "--output", "a.csv"]),
        (2, ".csv", ["--records", "--output", "a.xlsx"]),
        (2, "k", ["--records", "--k", "1", "--output", "a.csv"]),
        (2, "t", ["--records", "--t", "1.5", "--output", "a.csv"]),
        (2, "between 0 and 1", ["--records", "--t", "nan", "--output", "a.csv"]),
        (2, "sensitive", ["--records", "--column", "success.survival", "--output", "a.csv"]),
        (2, "there is none", ["--records", "--column", "workflow.ci", "--output", "a.csv"]),
        (2, "known: status", ["--records", "--table", "stories", *COLUMNS, "--output", "a.csv"]),
        (4, "at least as many", ["--records", *COLUMNS, "--k", "13", "--output", "a.csv"]),
        (4, "success.survival", ["--records", *COLUMNS, "--l", "3", "--output", "a.csv"]),
        (4, "points", ["--records", "--table", "stories", "--k", "2", "--output", "a.csv"]),
    ],
)
def test_what_cannot_be_exported_is_refused_in_a_sentence_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], code: int, word: str, arguments: list[str]
) -> None:
    before = _entries()
    capsys.readouterr()
    assert run(["insights", "export", *arguments]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert word in printed.err
    assert not (folder / "a.csv").exists()
    assert _entries() == before
