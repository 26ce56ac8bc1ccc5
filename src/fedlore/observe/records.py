"""Architecture decision records: which files are some, and what their text says about alternatives and status."""

from __future__ import annotations

import re

_FOLDERS = frozenset(
    b"adr adrs decisions decision-records decision_records architecture-decisions architecture_decisions "
    b"architecture-decision-records architectural-decisions".split()
)
_NOT_RECORDS = re.compile(rb"^(?:readme|index|template|adr-template|.*[-_]template|toc|overview)\.")
_SUPERSEDED = re.compile(
    rb"""^[\s>*_#-]*(?:status[*_]*\s*:?\s*)?["'*_~]*(?:superseded|superceded|replaced\s+by)\b""",
    re.IGNORECASE | re.MULTILINE,
)
_ALTERNATIVES = re.compile(
    rb"^[#>*_\s-]*(?:\d+\.?\s*)?(?:the\s+)?(?:(?:other\s+)?(?:options|alternatives|choices)\b"
    rb"|(?:considered|rejected|possible)\s+(?:options|alternatives|choices|solutions)"
    rb"|pros\s+and\s+cons)",
    re.IGNORECASE | re.MULTILINE,
)


def is_record(path: bytes) -> bool:
    """Whether a path is a Markdown file in a folder for decision records, and no index or template there."""
    *folders, name = path.lower().split(b"/")
    return (
        name.endswith((b".md", b".markdown")) and not _FOLDERS.isdisjoint(folders) and _NOT_RECORDS.match(name) is None
    )


def count_record(data: bytes) -> dict[str, int]:
    """One record, whether a line states that it was superseded, and whether a heading or list names alternatives.

    The forms are those of Nygard (2011) and MADR 4.0 ("Considered Options", "Pros and Cons of the Options").
    """
    counts = {"records": 1}
    if _SUPERSEDED.search(data):
        counts["records_superseded"] = 1
    if _ALTERNATIVES.search(data):
        counts["records_with_alternatives"] = 1
    return counts
