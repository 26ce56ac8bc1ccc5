"""Sprint files: the states of epics, stories and retrospectives (``sprint-status.yaml``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fedlore.observe.artefacts.dates import date_in
from fedlore.observe.artefacts.items import item_of
from fedlore.observe.artefacts.states import state_of
from fedlore.observe.artefacts.text import Troubles, text_of
from fedlore.observe.artefacts.yaml_reading import Node, read_yaml

MOST_ITEMS = 5_000
_STATUS_TABLES = ("development_status", "developmentstatus", "development-status")
_STATUS = ("status", "state")
_UPDATED = ("last_updated", "updated", "generated")
_NAME = ("id", "key", "story", "story_id", "epic", "epic_id", "name")
_LISTS = ("stories", "epics", "items", "tasks", "retrospectives")
_LONGEST_WORD = 40
_DEEPEST = 4


def read_sprint(data: bytes, troubles: Troubles) -> dict[str, Any]:
    """``{"items": [[kind, item, state], ...], "updated": "YYYY-MM-DD" or ""}``, items in the file's order.

    Read is the flat map ``development_status``, whose values may be tables with a ``status``; without it, lists or
    tables of stories and epics with an id and a status. A value that is no single word is no state. Where the YAML is
    broken, every line that names an item and a state counts.
    """
    root = read_yaml(text_of(data, troubles), troubles)
    if not isinstance(root, dict):
        troubles.add("no table of states was found")
        return {"items": [], "updated": ""}
    table = next((value for key, value in root.items() if key.strip().lower() in _STATUS_TABLES), None)
    # Read line by line, a map is no table of its own: its lines stand beside those of the rest.
    pairs = _pairs(table, 0, strict=False) if isinstance(table, dict | list) else _pairs(root, 0, strict=True)
    items: dict[tuple[str, str], str] = {}
    for key, word in pairs:
        state = state_of(word) if len(word) <= _LONGEST_WORD else ""
        if state:
            items[item_of(key)] = state
    if not items:
        troubles.add("no item with a state was found")
    elif len(items) > MOST_ITEMS:
        troubles.add(f"only {MOST_ITEMS} items of a sprint file were read")
    return {
        "items": [[kind, item, state] for (kind, item), state in list(items.items())[:MOST_ITEMS]],
        "updated": date_in(_text(root, _UPDATED)),
    }


def _pairs(node: Node, depth: int, *, strict: bool) -> Iterator[tuple[str, str]]:
    """Names of items and the words for their states; ``strict``: only names that look like an item's."""
    if depth > _DEEPEST:
        return
    if isinstance(node, list):
        for one in node:
            yield from _named(one, depth)
    elif isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, str):
                if not strict or _is_item(key):
                    yield key, value
            elif isinstance(value, dict) and (word := _text(value, _STATUS)):
                yield key, word
                yield from _below(value, depth)
            elif key.strip().lower() in (*_LISTS, *_STATUS_TABLES) or not strict:
                yield from _pairs(value, depth + 1, strict=strict)


def _named(node: Node, depth: int) -> Iterator[tuple[str, str]]:
    """An entry of a list that names itself and its state, and what is listed in it; or tables of ``name: state``."""
    if not isinstance(node, dict):
        return
    name, word = _text(node, _NAME), _text(node, _STATUS)
    if name and word:
        yield name, word
    elif not name:
        yield from _pairs(node, depth + 1, strict=True)
    yield from _below(node, depth)


def _below(node: dict[str, Node], depth: int) -> Iterator[tuple[str, str]]:
    for key in _LISTS:
        below = node.get(key)
        if isinstance(below, list | dict):
            yield from _pairs(below, depth + 1, strict=False)


def _text(node: dict[str, Node], keys: tuple[str, ...]) -> str:
    return next((value for key in keys if isinstance(value := node.get(key), str) and value), "")


def _is_item(key: str) -> bool:
    kind, name = item_of(key)
    return kind != "story" or name[:1].isdigit()
