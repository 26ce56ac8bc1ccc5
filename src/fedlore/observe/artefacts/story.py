"""Story files: status, estimate, acceptance criteria and tasks of one story."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from fedlore.observe.artefacts.fields import field
from fedlore.observe.artefacts.items import story_number
from fedlore.observe.artefacts.markdown import heading, read_document
from fedlore.observe.artefacts.states import OTHER, state_in
from fedlore.observe.artefacts.text import Troubles

MOST_POINTS = 100.0
_HEAD = 200
_POINTS = re.compile(
    r"[\s>#*_|-]{0,12}(?:(?:story|estimated|total|size)[ _-]{1,2})?(?:points?|sp|estimate|estimation|effort)"
    r"[\s*_|]{0,6}[:|=][\s*_|~]{0,6}(\d{1,3}(?:\.\d{1,2})?)(?![\d.–-])\s{0,3}([a-z]*)",
    re.IGNORECASE,
)
_POINT_WORDS = frozenset(("", "sp", "pt", "pts", "point", "points", "story"))
_CRITERIA = re.compile(r"[\s>#*_]{0,12}(?:\d+\.?\s)?acceptance\s+criteria\b", re.IGNORECASE)
_TASKS = re.compile(r"\b(?:tasks?|sub-?tasks?|execution|implementation\s+(?:plan|checklist))\b", re.IGNORECASE)
_BOX = re.compile(r"\s{0,1}(?:[-*+]|\d{1,3}[.)])\s{1,4}\[([ xX])\]\s")


def read_story(data: bytes, troubles: Troubles) -> dict[str, Any]:
    """``{"item", "status", "points", "criteria", "tasks_done", "tasks"}`` of one story file.

    ``item`` is the number in a heading such as ``# Story 1.2: ...`` (``""``: none). The status stands in the front
    matter, on a line of its own (``Status: done``, ``**Status:** Done``, ``## Status: done``, or a row of a table), or
    below a heading ``Status``. ``points`` is None without an estimate in points; estimates in hours or days are none.
    ``tasks`` are the boxes of the first level below headings that name tasks, or all where there is no such heading.
    """
    document = read_document(data, troubles)
    lines = document.lines
    front = document.text_at("status", "state")
    numbers = (story_number(text) for level, text in map(heading, lines[:_HEAD]) if level)
    done, tasks = _boxes(lines)
    return {
        "item": next((number for number in numbers if number), ""),
        "status": state_in(front) if front else _status(lines[:_HEAD]),
        "points": _points(document.text_at("points", "story_points", "storypoints", "estimate"), lines),
        "criteria": any(map(_CRITERIA.match, lines)),
        "tasks_done": done,
        "tasks": tasks,
    }


def _status(lines: Sequence[str]) -> str:
    if status := state_in(field(lines, r"(?:story\s)?status")):
        return status
    state = state_in(field(lines, "state"))
    # Stories speak of the state of other things too.
    return "" if state == OTHER else state


def _points(front: str, lines: Sequence[str]) -> float | None:
    texts = [f"points: {front}"] if front else []
    for line in (*texts, *lines):
        found = _POINTS.match(line)
        if found and found[2].lower() in _POINT_WORDS:
            points = float(found[1])
            return points if 0 < points <= MOST_POINTS else None
    return None


def _boxes(lines: Sequence[str]) -> tuple[int, int]:
    """Ticked boxes and all, below headings that name tasks or else anywhere."""
    everywhere: list[bool] = []
    below: list[bool] = []
    level_of_tasks = 0
    for line in lines:
        level, text = heading(line)
        if level and (not level_of_tasks or level <= level_of_tasks):
            level_of_tasks = level if _TASKS.search(text) else 0
        if box := _BOX.match(line):
            everywhere.append(box[1] != " ")
            if level_of_tasks:
                below.append(box[1] != " ")
    chosen = below or everywhere
    return sum(chosen), len(chosen)
