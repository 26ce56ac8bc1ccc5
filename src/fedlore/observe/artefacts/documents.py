"""Planning documents: retrospectives, epics, requirements, architecture, and specification folders."""

from __future__ import annotations

import re
from typing import Any

from fedlore.observe.artefacts.dates import date_in
from fedlore.observe.artefacts.items import item_of, story_number
from fedlore.observe.artefacts.markdown import heading, read_document
from fedlore.observe.artefacts.states import state_of, verdict_of
from fedlore.observe.artefacts.text import Troubles, text_of
from fedlore.observe.artefacts.yaml_reading import read_yaml

MOST_ENTRIES = 5_000
_EPIC = re.compile(r"epic\s+(\d{1,3}[a-z]?(?:[.-]\d{1,3}[a-z]?)?)\b", re.IGNORECASE)
_REQUIREMENT = re.compile(r"\b(N?FR)[-\s]?(\d{1,3}(?:\.\d{1,3})?)\b")
_DECISION = re.compile(
    r"(?:.{0,80}\s)?(?:decision\s+#?\d+|D-?\d{1,3}|AD-\d{1,3}|ADR[-\s]?\d{1,4})\b.*|decision\s*:.*", re.IGNORECASE
)
_DECIDED = re.compile(r"[\s>*_-]{0,8}decision[\s*_]{0,4}:", re.IGNORECASE)
_ALTERNATIVES = re.compile(
    r"[\s>#*_-]{0,8}(?:(?:alternatives?|options?)\b.{0,20}|considered\s+(?:options|alternatives)|rejected)"
    r"[\s*_]{0,4}(?::.*)?",
    re.IGNORECASE,
)


def read_retrospective(data: bytes, troubles: Troubles) -> dict[str, Any]:
    """``{"epic": name or "", "verdict": see `states.verdict_of`, "date": "YYYY-MM-DD" or ""}`` from the front matter.

    An ``epic`` that the front matter does not name is that of the first heading.
    """
    document = read_document(data, troubles)
    named = document.text_at("epic", "epic_id", "epic_number")
    titles = (_EPIC.search(text) for level, text in map(heading, document.lines[:50]) if level)
    title = next((found[1] for found in titles if found), "")
    return {
        "epic": item_of(named if named.lower().startswith("epic") else f"epic-{named or title}").name
        if named or title
        else "",
        "verdict": verdict_of(document.text_at("verdict", "acceptance_verdict", "acceptance")),
        "date": date_in(document.text_at("date", "created", "completed")),
    }


def read_epics(data: bytes, troubles: Troubles) -> dict[str, Any]:
    """``{"epics": headings that name an epic, "stories": distinct story numbers in headings}``."""
    texts = [text for level, text in map(heading, read_document(data, troubles).lines) if level]
    epics = {found[1].lower() for text in texts if (found := re.match(_EPIC, text))}
    stories = {number for text in texts if text.lower().startswith("story") and (number := story_number(text))}
    return {"epics": len(epics), "stories": len(stories)}


def read_requirements(data: bytes, troubles: Troubles) -> dict[str, Any]:
    """``{"functional": distinct FR numbers, "others": distinct NFR numbers}`` of a product requirements document."""
    text = "\n".join(read_document(data, troubles).lines)
    found = {(kind, number) for kind, number in _REQUIREMENT.findall(text)}
    others = sum(kind == "NFR" for kind, _ in found)
    return {"functional": len(found) - others, "others": others}


def read_architecture(data: bytes, troubles: Troubles) -> dict[str, Any]:
    """``{"decisions": decision blocks, "with_alternatives": those whose text names alternatives or options}``.

    A block begins at a heading such as ``Decision 3: ...``, ``AD-7 ...`` or ``ADR-002 ...``, or at a line ``Decision:``
    where no heading names one, and ends at the next.
    """
    lines = read_document(data, troubles).lines
    starts = [n for n, line in enumerate(lines) if (text := heading(line)[1]) and _DECISION.fullmatch(text)]
    if not starts:
        starts = [number for number, line in enumerate(lines) if _DECIDED.match(line)]
    ends = [*starts[1:], len(lines)]
    argued = sum(any(map(_ALTERNATIVES.fullmatch, lines[s + 1 : e])) for s, e in zip(starts, ends, strict=False))
    return {"decisions": len(starts), "with_alternatives": argued}


def read_specification(data: bytes, troubles: Troubles) -> dict[str, Any]:
    """``{"stories": [[item, state or ""], ...]}`` of a specification folder's ``stories.yaml``, in its order.

    The file is a list of stories with an ``id`` each, or a table that holds one as ``stories``; their status stands in
    the story files of the folder, unless an entry has one.
    """
    root = read_yaml(text_of(data, troubles), troubles)
    entries = root.get("stories", "") if isinstance(root, dict) else root
    stories = []
    for entry in entries if isinstance(entries, list) else ():
        name, status = (entry.get("id"), entry.get("status", "")) if isinstance(entry, dict) else ("", "")
        if isinstance(name, str) and name:
            stories.append([item_of(name).name, state_of(status) if isinstance(status, str) else ""])
    if not stories:
        troubles.add("no story with an id was found")
    elif len(stories) > MOST_ENTRIES:
        troubles.add(f"only {MOST_ENTRIES} stories of a specification were read")
    return {"stories": stories[:MOST_ENTRIES]}
