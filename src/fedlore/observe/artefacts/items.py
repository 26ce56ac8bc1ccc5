"""The names by which sprint files, story files and retrospectives speak of one item of work."""

from __future__ import annotations

import re
from collections.abc import Set
from typing import NamedTuple

_PART = r"\d{1,3}[a-z]?"
_STORY = re.compile(rf"(?:(?:story|spec)[-_. ])?({_PART})[-_.]({_PART})(?:[-_.](\d{{1,2}}[a-z]?))?(?=$|[-_. :])")
_EPIC = re.compile(rf"epic[-_ ]?({_PART}(?:[-_.]{_PART})?)(?=$|[-_. :])")
_NAMED_EPIC = re.compile(r"epic[-_](.+)")
_RETROSPECTIVE = re.compile(r"(.+?)[-_]retro(?:spective)?")
_LONGEST = 80


class Item(NamedTuple):
    """What a key stands for: ``kind`` is ``story``, ``epic`` or ``retrospective``, ``name`` as in `StatusChange`."""

    kind: str
    name: str


def item_of(key: str) -> Item:
    """The item that a key of a sprint file (or the stem of a file's name) stands for.

    ``1-2-a-slug`` is the story ``1-2``, ``3-5-1-a-slug`` the story ``3-5-1`` (of the epic 3.5, or between two others),
    ``epic-3`` the epic ``3``, ``epic-3-retrospective`` its retrospective. Leading zeros go, and points become hyphens.
    Any other key is a story (or, with ``-retrospective``, a retrospective) by its whole name, as far as that can be
    printed.
    """
    lowered = "".join(filter(str.isprintable, key[:_LONGEST].lower())).strip()[:_LONGEST]
    if found := _RETROSPECTIVE.fullmatch(lowered):
        return Item("retrospective", _epic(found[1]) or found[1])
    if epic := _epic(lowered):
        return Item("epic", epic)
    return Item("story", story_number(lowered) or lowered)


def story_number(text: str) -> str:
    """The number ``N-M`` (or ``N-M-K``) that a text begins with, with or without ``story`` before it; else ``""``."""
    found = _STORY.match(text.strip().lower())
    return "-".join(_plain(part) for part in found.groups() if part) if found else ""


def epic_of(story: str, epics: Set[str]) -> str:
    """The epic of a story: the longest beginning of its number that is one of the known epics, else its first part.

    What stands before the number (a folder and a colon, see `planning_of`) stands before the epic too.
    """
    folder, colon, number = story.rpartition(": ")
    parts = number.split("-")
    candidates = [folder + colon + "-".join(parts[:count]) for count in range(len(parts), 0, -1)]
    return next((epic for epic in candidates[1:] if epic in epics), candidates[-1])


def _epic(text: str) -> str:
    if found := _EPIC.match(text):
        return "-".join(_plain(part) for part in re.split(r"[-_.]", found[1]))
    named = _NAMED_EPIC.fullmatch(text)
    return named[1] if named else ""


def _plain(part: str) -> str:
    """A number without leading zeros, with the letter that follows it."""
    return part.lstrip("0") or "0" if part[-1].isdigit() else (part[:-1].lstrip("0") or "0") + part[-1]
