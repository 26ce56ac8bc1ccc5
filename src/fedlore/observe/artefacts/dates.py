"""Dates as artefacts write them."""

from __future__ import annotations

import re
from datetime import date

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_OTHER = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?!\d)")


def date_in(text: str) -> str:
    """The day that a text begins with, as ``YYYY-MM-DD``; ``""`` if it begins with none.

    ``MM-DD-YYYY`` is the BMAD method's own form, so 03-04-2026 is the 4th of March; where the first number can be no
    month it is the day. Times after the day are passed over.
    """
    text = text.strip().strip("\"'")
    if found := _ISO.match(text):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := _OTHER.match(text):
        first, second, year = int(found[1]), int(found[2]), int(found[3])
        return _day(year, first, second) or _day(year, second, first)
    return ""


def _day(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""
