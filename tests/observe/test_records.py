"""Decision records in the forms of Nygard, adr-tools and MADR: status, date, and the alternatives that were weighed."""

from __future__ import annotations

import pytest

from fedlore.observe.blobs import examine
from fedlore.observe.facts import Facts
from fedlore.observe.records import is_record, read_record

NYGARD = b"""# 9. Keep it small

Date: 2026-01-31

## Status

Superseded by [12](0012-let-it-grow.md)

## Context

There were few options.
"""
MADR_2 = b"""# Use one database

* Status: accepted
* Deciders: the team
* Date: 02-03-2026

## Considered Options

* One database
* Two
* None at all

## Decision Outcome

* Not an option
"""
MADR_4 = b"""---
status: "superseded by ADR-0123"
date: 2026-02-03
---
# Use one database

## Considered Options

### One database

* Good, because it is one

### Two

* Bad
"""
BARE = b"# Something\n\n**Status**: Approved (by all)\n\n| Date | 2026-01-02 |\n"


@pytest.mark.parametrize(
    ("text", "status", "date", "alternatives"),
    [
        (NYGARD, "superseded", "2026-01-31", 0),
        (MADR_2, "accepted", "2026-02-03", 3),
        (MADR_4, "superseded", "2026-02-03", 2),
        (BARE, "accepted", "2026-01-02", 0),
        (b"", "", "", 0),
        (b"# It\nStatus: who knows\nDate: soon\n## Alternatives considered\nNone.\n", "", "", 0),
    ],
)
def test_what_a_record_tells(text: bytes, status: str, date: str, alternatives: int) -> None:
    assert read_record(text) == ({"status": status, "date": date, "alternatives": alternatives}, "")


def test_alternatives_are_entries_rows_and_paragraphs_below_their_heading() -> None:
    def alternatives(text: bytes) -> object:
        return read_record(b"# It\n\n" + text)[0]["alternatives"]

    assert alternatives(b"## Alternatives\n\n| Name | Why |\n|---|---|\n| One | cheap |\n| Two | small |\n") == 2
    assert alternatives(b"## Alternatives\n\n| Name | Why |\n|---|---|\n") == 0
    assert alternatives(b"## Rejected solutions\nWe could buy,\nbut will not.\n\nOr rent.\n\n## Outcome\nNo.\n") == 2
    assert alternatives(b"## Pros and Cons of the Options\n\n### One\n\n### Two\n") == 2
    assert alternatives(b"## Alternatives\n\n## Outcome\nIt.\n") == alternatives(b"## Alternatives\n\nN/A\n") == 0


@pytest.mark.parametrize(
    ("text", "more"),
    [
        (NYGARD, {"records_superseded"}),
        (MADR_2, {"records_with_alternatives"}),
        (MADR_4, {"records_superseded", "records_with_alternatives"}),
        (BARE, set()),
        (b"# Keep a log\n\n- Options for the parser are set there.\n\nSuperseded entries stay in the log.\n", set()),
        (b"# It\n\n## Status\n\nAmended by 12\n", set()),
    ],
)
def test_counts_of_a_record(text: bytes, more: set[str]) -> None:
    assert examine("decision-record", text) == Facts(dict.fromkeys(("records", *more), 1))


def test_what_could_not_be_read_of_a_record_is_told() -> None:
    told = "not in UTF-8; read as Windows-1252"
    assert examine("decision-record", b"# \xe9\n") == Facts({"records": 1}, warning=told)


def test_records_are_told_by_their_folder_and_name() -> None:
    assert is_record(b"docs/adr/0001-it.md") and is_record(b"doc/Decisions/it.markdown")
    assert not any(map(is_record, (b"docs/adr/README.md", b"docs/adr/0000-template.md", b"docs/adr/it.txt", b"adr.md")))
