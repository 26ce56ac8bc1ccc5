"""The documented shape of what each reader of artefacts makes, and seeds: one good file of each kind."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from fedlore.observe.artefacts import kinds
from fedlore.observe.artefacts.items import item_of
from fedlore.observe.artefacts.reading import read_artefact
from fedlore.observe.artefacts.states import BLOCKED, DEFERRED, DROPPED, OPTIONAL, OTHER, STATES
from fedlore.observe.records import read_record

RECORD = "decision-record"
SEEDS: Mapping[str, tuple[bytes, ...]] = {
    kinds.SPRINT: (
        b"generated: 2026-01-05\ndevelopment_status:\n  epic-1: in-progress\n  1-1-a: done # why\n"
        b"  1-2-b: {status: review}"
        b"\n  epic-1-retrospective: optional\n",
        b"stories:\n  - id: &a 1-1-a\n    status: !!str done\n  - {id: 1.2, status: 'drafted'}\nx: *a\n---\ny: >\n z\n",
        b"<<<<<<< HEAD\ndevelopment_status:\n  1-1-a: done\n",
    ),
    kinds.STORY: (
        b"# Story 1.2: A\n\nStatus: done\n\n## Story\n**Story Points:** 3\n## Acceptance Criteria\n1. a\n"
        b"## Tasks\n- [x] a\n",
        b"---\nstatus: 'in-review'\npoints: 5\n---\n## Status\n\nDone\n```\n- [ ] no\n```\n<!-- no -->\n"
        b"| **Status** | ready |\n",
    ),
    kinds.RETROSPECTIVE: (
        b"---\nepic: 2\ndate: 08-17-2026 14:30\nverdict: accepted-with-open-items\n---\n# Epic 2\n",
        b"---\nverdict: rejected\n# Epic 3.5 Retrospective\n",
    ),
    kinds.SPECIFICATION: (b'- id: "1"\n  title: T\n  depends_on: ["2"]\n- id: "2"\n  status: done\n',),
    kinds.EPICS: (b"## Epic 1: A\n### Story 1.1: a\n### Story 1.2: b\n",),
    kinds.REQUIREMENTS: (b"# PRD\n- FR1: a\n- **NFR-2.1**: b\n",),
    kinds.ARCHITECTURE: (b"# A\n### Decision 1: a\nAlternatives: b\n## ADR-002 c\n**Decision:** d\n",),
    kinds.CONFIGURATION: (
        b'[core]\noutput_folder = "{project-root}/_bmad-output"\n',
        b"planning_artifacts: '{project-root}/docs' # why\nstory_location: /etc\n",
    ),
    RECORD: (
        b"# 1. It\n\nDate: 2026-01-02\n\n## Status\n\nSuperseded by 2\n\n## Considered Options\n\n* a\n* b\n",
        b"---\nstatus: accepted\ndate: 2026-01-02\n---\n## Alternatives\n### a\n### b\n",
    ),
}
_DAY = re.compile(r"(?:\d{4}-\d\d-\d\d)?")
_STATES = frozenset((*STATES, BLOCKED, DEFERRED, DROPPED, OPTIONAL, OTHER))
_STATUSES = frozenset(("", "proposed", "accepted", "rejected", "deprecated", "superseded"))
_VERDICTS = frozenset(("", "accepted", "accepted-with-open-items", "rejected"))


def _count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= 2_000_000


def _name(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 80 and (value.isprintable() or not value)


def _folder(value: Any) -> bool:
    return isinstance(value, str) and not value.startswith("/") and ".." not in value.split("/") and value.isprintable()


def _sprint_item(value: Any) -> bool:
    kind, item, state = value
    return kind in ("story", "epic", "retrospective") and _name(item) and state in _STATES


def _story_entry(value: Any) -> bool:
    item, state = value
    return _name(item) and state in _STATES | {""}


SHAPES: Mapping[str, Mapping[str, Callable[[Any], bool]]] = {
    kinds.SPRINT: {
        "items": lambda items: len(items) <= 5_000 and all(map(_sprint_item, items)),
        "updated": lambda day: _DAY.fullmatch(day) is not None,
    },
    kinds.STORY: {
        "item": _name,
        "status": lambda state: state in _STATES | {""},
        "points": lambda points: points is None or (type(points) is float and 0 < points <= 100),
        "criteria": lambda value: type(value) is bool,
        "tasks_done": _count,
        "tasks": _count,
    },
    kinds.RETROSPECTIVE: {
        "epic": _name,
        "verdict": lambda verdict: verdict in _VERDICTS,
        "date": lambda day: _DAY.fullmatch(day) is not None,
    },
    kinds.SPECIFICATION: {"stories": lambda stories: len(stories) <= 5_000 and all(map(_story_entry, stories))},
    kinds.EPICS: {"epics": _count, "stories": _count},
    kinds.REQUIREMENTS: {"functional": _count, "others": _count},
    kinds.ARCHITECTURE: {"decisions": _count, "with_alternatives": _count},
    kinds.CONFIGURATION: {"folders": lambda folders: len(folders) <= 20 and all(map(_folder, folders))},
    RECORD: {
        "status": lambda status: status in _STATUSES,
        "date": lambda day: _DAY.fullmatch(day) is not None,
        "alternatives": _count,
    },
}


def check_artefact(kind: str, data: bytes) -> None:
    """Read the bytes as this kind; raises ValueError if what comes back has another shape than the documented one."""
    artefact, warning = read_record(data) if kind == RECORD else read_artefact(kind, data)
    shape = SHAPES[kind]
    if set(artefact) != set(shape):
        raise ValueError(f"{kind}: keys {sorted(artefact)}")
    for key, holds in shape.items():
        if not holds(artefact[key]):
            raise ValueError(f"{kind}: {key} is {artefact[key]!r}")
    if json.loads(json.dumps(artefact)) != artefact:
        raise ValueError(f"{kind}: no plain JSON")
    if not (warning.isascii() and (warning.isprintable() or not warning) and len(warning) < 200):
        raise ValueError(f"{kind}: warning {warning!r}")
    if kind == kinds.STORY and artefact["tasks_done"] > artefact["tasks"]:
        raise ValueError("more tasks done than tasks")
    if kind == kinds.ARCHITECTURE and artefact["with_alternatives"] > artefact["decisions"]:
        raise ValueError("more decisions with alternatives than decisions")


def check_key(text: str) -> None:
    """A key of a sprint file always has a kind, and a name that is short and can be printed."""
    kind, name = item_of(text)
    if kind not in ("story", "epic", "retrospective") or not _name(name):
        raise ValueError(f"{text!r} is {kind} {name!r}")
