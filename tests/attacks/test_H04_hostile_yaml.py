"""H4: YAML and front matter made to exhaust a parser, to run something or to be misread end soon, with one warning."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fedlore.observe.artefacts import kinds
from fedlore.observe.artefacts.reading import ARTEFACT_KINDS, LARGEST_BYTES, read_artefact
from fedlore.observe.artefacts.text import Troubles
from fedlore.observe.artefacts.yaml_reading import Node, read_yaml
from fedlore.observe.facts import Facts
from fedlore.observe.records import read_record
from tests.observe.plans import commit_all, read_planning

SECONDS = 3.0
"""Of processor time; on an idle machine the slowest of all takes half of one."""

GOOD = "development_status:\n  epic-1: in-progress\n  1-1-a: done\n  1-2-b: review\n"
ITEMS = [["epic", "1", "in-progress"], ["story", "1-1", "done"], ["story", "1-2", "review"]]
LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 40))

BEFORE = {
    "aliases upon aliases": LAUGHS,
    "an alias of itself": "a: &a [*a]\nb: &b {c: *b}\n",
    "merge keys": "a: &a {x: y}\nb: {<<: *a}\n",
    "more aliases than anyone writes": "a: &a x\n" + "".join(f"b{n}: *a\n" for n in range(5_000)),
    "tags that build objects": "a: !!python/object/apply:os.system ['touch {marker}']\nb: !ruby/object:X {}\n",
    "a key twice": "a: b\na: c\n",
    "keys that are no text": "? [a, b]\n: c\n? {d: e}\n: f\n",
    "a huge scalar": f"a: {'x' * 400_000}\n",
    "a huge folded scalar": "a: >\n" + "  x\n" * 60_000,
    "control characters": "a: \x07\x1b[31m\x00\n",
}
"""Text before a good sprint file, in the same document: read as YAML, and the rest counts."""

BROKEN = {
    "flow lists in one another": f"a: {'[' * 200_000}\n",
    "flow tables in one another": f"a: {'{a: ' * 50_000}\n",
    "block lists in one another": f"a:\n {'- ' * 100_000}\n",
    "block keys in one another": "".join(" " * n + f"a{n}:\n" for n in range(200)) + "b: c\n",
    "keys that ask": f"{'? ' * 100_000}\n",
    "an alias of nothing": "a: *nothing\n",
    "a quote without an end": f'a: "{"x" * 100_000}\n',
    "a tag of an unknown handle": "a: !unknown!x y\n",
    "tabs": "a:\n\t- b\n",
    "markers of a merge": "<<<<<<< HEAD\na: b\n=======\na: c\n>>>>>>> other\n",
    "a template": "project: {{name}}\n{% if x %}\n",
    "more characters than are read": f"# {'x' * 600_000}\n",
    "more nodes than are read": "a: [" + "x," * 220_000 + "]\n",
    "an unknown version": "%YAML 9.9\n---\n",
    "anchors without a node": "&a &b &c\n",
}
"""Text before a good sprint file that no parser reads: its lines count all the same."""

AFTER = {
    "a second document": "---\ndevelopment_status: {9-9-z: done}\n",
    "a document end and more": "...\n---\nb: c\n",
}


def read(kind: str, data: bytes) -> tuple[dict[str, object], str]:
    """What is read, after a check that it ends soon, says one thing at most, and is plain JSON."""
    begin = time.process_time()
    artefact, warning = read_artefact(kind, data)
    assert time.process_time() - begin < SECONDS
    assert warning.isascii() and warning.isprintable() and len(warning) < 200
    facts = Facts(artefact=artefact, warning=warning)
    assert Facts.from_json(facts.to_json()) == facts
    return artefact, warning


def parsed(text: str) -> tuple[Node, str]:
    troubles = Troubles()
    return read_yaml(text, troubles), troubles.warning


@pytest.mark.parametrize("text", [*BEFORE.values(), *BROKEN.values()], ids=[*BEFORE, *BROKEN])
def test_the_rest_of_a_hostile_sprint_file_is_read(text: str, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    artefact, warning = read(kinds.SPRINT, (text.replace("{marker}", str(marker)) + GOOD).encode())
    assert artefact["items"] == ITEMS
    assert warning
    assert not marker.exists()


@pytest.mark.parametrize("text", AFTER.values(), ids=AFTER)
def test_only_the_first_document_is_read(text: str) -> None:
    artefact, warning = read(kinds.SPRINT, (GOOD + text).encode())
    assert artefact["items"] == ITEMS
    assert warning.startswith("a second YAML document at line ")


def test_warnings_name_the_line_and_nothing_of_the_file() -> None:
    _, warning = read(kinds.SPRINT, b"a: b\nc: [\x1b[31m\xe2\x80\xae\n" + GOOD.encode())
    assert warning.startswith("control characters were passed over")
    _, warning = read(kinds.SPRINT, b"\xe2\x80\xaeevil: [\n" + GOOD.encode())
    assert warning.startswith("broken YAML at line")


def test_names_of_items_and_folders_can_be_printed(tmp_path: Path) -> None:
    evil = "a\x1b[2J\u202e"
    files = {f"{evil}/sprint-status.yaml": f'development_status:\n  "{evil}-x": done\n', "b/sprint-status.yaml": GOOD}
    planning, _, notes = read_planning(commit_all(tmp_path / "it", [(0, files)]))
    assert sorted(item for _, item in planning.states) == ["1", "1-1", "1-2", "a\ufffd[2J\ufffd: a [2j-x"]
    assert {change.item for change in planning.changes} == {item for _, item in planning.states}
    assert notes == ()


@pytest.mark.parametrize(
    "value", ["no", "NO", "on", "1.0", "0o17", "1_000", "~", "null", "2026-01-02", "12:30:45", ".inf"]
)
def test_scalars_stay_text(value: str) -> None:
    assert parsed(f"a: {value}\n") == ({"a": value}, "")


def test_the_last_of_two_values_counts_and_an_alias_stands_for_a_scalar() -> None:
    assert parsed("a: 1\na: 2\n") == ({"a": "2"}, "a key stands twice in a table, again at line 2; the last one counts")
    assert parsed("a: &x done\nb: *x\n") == ({"a": "done", "b": "done"}, "")
    assert parsed("a: &x [done]\nb: *x\n") == ({"a": ["done"], "b": ""}, "a YAML alias at line 2 was not followed")
    assert parsed("a: !!int 3\n") == ({"a": "3"}, "a YAML tag at line 1 was not acted upon")
    assert parsed("") == ({}, "")


@pytest.mark.parametrize(
    ("encode", "warning"),
    [
        (lambda text: text.encode("utf-8-sig"), ""),
        (lambda text: text.encode("utf-16"), ""),
        (lambda text: text.encode("utf-32"), ""),
        (lambda text: text.replace("\n", "\r\n").encode(), ""),
        (lambda text: text.replace("\n", "\r").encode(), ""),
        (lambda text: ("# caf\u00e9\n" + text).encode("cp1252"), "not in UTF-8; read as Windows-1252"),
        (lambda text: text.encode() + b"\x00\x81\xff", "not in UTF-8; read as Windows-1252 (and 2 more such places)"),
    ],
    ids=["mark", "UTF-16", "UTF-32", "CRLF", "CR", "Windows-1252", "bytes of no encoding"],
)
def test_encodings(encode: Callable[[str], bytes], warning: str) -> None:
    artefact, told = read(kinds.SPRINT, encode(GOOD))
    assert artefact["items"] == ITEMS
    assert told == warning


@pytest.mark.parametrize(
    ("front", "verdict", "warns"),
    [
        ("---\nverdict: rejected\n---\n", "rejected", False),
        ("\n\n---\nverdict: rejected\n...\n", "rejected", False),
        ("---\nverdict: rejected\n# Epic 2 retrospective\nverdict: accepted\n", "rejected", True),
        ("---\nverdict: [rejected\n---\n", "rejected", True),
        ("---\nx: [\nverdict: rejected\n---\n", "rejected", True),
        (f"---\n{LAUGHS}verdict: rejected\n---\n", "rejected", True),
        ("---\nverdict: !!python/name:os.system rejected\n---\n", "rejected", True),
        ("---\nverdict: accepted\nverdict: rejected\n---\n", "rejected", True),
        ("---\n\nA rule above a page.\n\nverdict: accepted\n", "", False),
        ("---\nverdict: no\n---\n", "", False),
    ],
)
def test_front_matter(front: str, verdict: str, warns: bool) -> None:
    artefact, warning = read(kinds.RETROSPECTIVE, front.encode())
    assert (artefact["verdict"], bool(warning)) == (verdict, warns)


def test_front_matter_without_an_end_hides_no_more_than_its_lines() -> None:
    artefact, warning = read(kinds.STORY, b"---\nstatus: review\n" + b"x: y\n" * 400 + b"## Tasks\n- [x] One\n")
    assert (artefact["status"], artefact["tasks"]) == ("review", 1)
    assert warning.startswith("front matter without an end")


@pytest.mark.parametrize(
    ("value", "folder"),
    [
        ("{project-root}/plans/a b", "plans/a b"),
        ("./plans", "plans"),
        ("/etc", None),
        ("{project-root}/../../etc", None),
        ("~/plans", None),
        ("C:\\\\plans", None),
        ("{output}/x", None),
        ("plans\u202e/x", None),
        ("{project-root}/", None),
    ],
)
@pytest.mark.parametrize("form", ['output_folder = "%s"', "output_folder: '%s'"], ids=["TOML", "YAML"])
def test_a_configuration_leads_nowhere_else(form: str, value: str, folder: str | None) -> None:
    artefact, warning = read(kinds.CONFIGURATION, (form % value + "\n").encode())
    assert artefact == {"folders": [folder] if folder else []}
    assert bool(warning) == (folder is None and value != "{project-root}/")


HEAVY = {
    "one long line": b"a" * 3_000_000,
    "blank lines": b"\n" * 2_000_000,
    "blanks": b" " * 2_000_000,
    "boxes": b"- [ ] x\n" * 250_000,
    "fences": b"```\n" * 400_000,
    "comments": b"<!-- " * 300_000 + b"\n<!--\n" * 100_000,
    "headings": b"# Epic 1 Story 1.1 decision 1: status:\n" * 50_000,
    "status": b"status " * 200_000,
    "stars": b"*" * 2_000_000,
    "keys": b"".join(b"k%d: v\n" % n for n in range(150_000)),
    "items": b"development_status:\n" + b"".join(b"  %d-%d-a: done\n" % (n // 99, n % 99) for n in range(60_000)),
    "noughts": b"\x00" * 1_000_000,
    "random": os.urandom(300_000),
    "numbers": b"FR" + b"1" * 1_000_000,
    "dashes": b"---\n" * 200_000,
    "colons": b":" * 500_000,
    "signs of headings": (b"# " + b"#" * 1_900 + b"x\n") * 500,
    "options": b"## Options\n" + (b"| " * 900 + b"\n") * 500,
    "escapes": b'a: "' + b"\\x41" * 100_000 + b'"\n',
}


@pytest.mark.parametrize("kind", sorted(ARTEFACT_KINDS))
@pytest.mark.parametrize("data", HEAVY.values(), ids=HEAVY)
def test_every_reader_ends_soon(kind: str, data: bytes) -> None:
    _, warning = read(kind, data)
    assert warning or len(data) <= LARGEST_BYTES


@pytest.mark.parametrize("data", HEAVY.values(), ids=HEAVY)
def test_decision_records_end_soon(data: bytes) -> None:
    begin = time.process_time()
    record, warning = read_record(data[:1_000_000])
    assert time.process_time() - begin < SECONDS
    assert set(record) == {"status", "date", "alternatives"}
    assert warning.isascii()


def test_a_sprint_file_has_a_bounded_number_of_items() -> None:
    artefact, warning = read(kinds.SPRINT, HEAVY["items"])
    items = artefact["items"]
    assert isinstance(items, list)
    assert len(items) <= 5_000 and warning
