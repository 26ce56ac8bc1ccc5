"""Architecture decision records: which files are some, and what status, date and alternatives their Markdown states."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from fedlore.observe.artefacts.dates import date_in
from fedlore.observe.artefacts.fields import field
from fedlore.observe.artefacts.markdown import heading, read_document
from fedlore.observe.artefacts.text import Troubles

_FOLDERS = frozenset(
    b"adr adrs decisions decision-records decision_records architecture-decisions architecture_decisions "
    b"architecture-decision-records architectural-decisions".split()
)
_NOT_RECORDS = re.compile(rb"^(?:readme|index|template|adr-template|.*[-_]template|toc|overview)\.")
_OPTIONS = re.compile(
    r"(?:\d{1,3}\.?\s)?(?:pros\sand\scons|(?:(?:the|other)\s)?(?:options|alternatives|choices"
    r"|(?:considered|rejected|possible)\s(?:options|alternatives|choices|solutions)))\b.*"
)
_ENTRY = re.compile(r"(?:[-*+]|\d{1,2}[.)])\s+\S.*")
_NONE = frozenset(("none", "n/a", "tbd"))
_STATUSES = {
    "proposed": "proposed draft pending under-review open rfc",
    "accepted": "accepted approved adopted decided active implemented done final amended",
    "rejected": "rejected declined withdrawn cancelled",
    "deprecated": "deprecated obsolete retired",
    "superseded": "superseded superceded replaced",
}
_STATUS = {word: status for status, words in _STATUSES.items() for word in words.split()}
_HEAD = 60
_TABLE_HEAD = 2
"""The rows above those of a table: its head, and the rule below it."""


def is_record(path: bytes) -> bool:
    """Whether a path is a Markdown file in a folder for decision records, and no index or template there."""
    *folders, name = path.lower().split(b"/")
    return (
        name.endswith((b".md", b".markdown")) and not _FOLDERS.isdisjoint(folders) and _NOT_RECORDS.match(name) is None
    )


def read_record(data: bytes) -> tuple[dict[str, Any], str]:
    """``{"status", "date", "alternatives"}`` of one record, and a sentence about what was not read, or ``""``.

    The status is ``proposed``, ``accepted``, ``rejected``, ``deprecated`` or ``superseded`` (``""``: none of these),
    the date ``YYYY-MM-DD`` or ``""``, both from the front matter (MADR 4.0), from a line (``Status: Accepted``, ``*
    Date: 2020-01-31``; adr-tools, MADR 2) or from below a heading ``Status`` (Nygard 2011). ``alternatives`` counts
    those below the first heading that names options or alternatives ("Considered Options" of MADR 4.0). No bytes raise
    anything.
    """
    troubles = Troubles()
    document = read_document(data, troubles)
    head = document.lines[:_HEAD]
    return {
        "status": _status(document.text_at("status") or field(head, "status")),
        "date": date_in(document.text_at("date") or field(head, r"(?:decision\s|last\supdated\s)?date")),
        "alternatives": _alternatives(document.lines),
    }, troubles.warning


def _status(text: str) -> str:
    """The status that a text begins with, whatever surrounds the word."""
    words = re.findall(r"[a-z]+", text[:100].lower())
    return next((_STATUS[word] for word in words[:2] if word in _STATUS), "")


def _alternatives(lines: Sequence[str]) -> int:
    """Headings below the one that names alternatives, or else entries of lists there, rows of tables, or paragraphs."""
    begin = next((number for number, line in enumerate(lines, 1) if _OPTIONS.fullmatch(heading(line)[1].lower())), 0)
    if not begin:
        return 0
    level = heading(lines[begin - 1])[0]
    levels = [heading(line)[0] for line in lines[begin:]]
    end = next((number for number, below in enumerate(levels) if 0 < below <= level), len(levels))
    below = [line.strip() for line in lines[begin : begin + end]]
    return (
        levels[:end].count(level + 1)
        or sum(map(bool, map(_ENTRY.fullmatch, lines[begin : begin + end])))
        or max(0, sum(line.startswith("|") for line in below) - _TABLE_HEAD)
        or sum(_is_said(line) and not before for before, line in pairwise(["", *below]))
    )


def _is_said(line: str) -> bool:
    """Whether a line says something: no heading, no table, and not that there is nothing to say."""
    return bool(line) and not line.startswith(("#", "|")) and line.strip("*_. ").lower() not in _NONE
