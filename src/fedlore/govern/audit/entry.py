"""Append-only entries, each of which names the one before it by its hash."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785

from fedlore.catalogue.errors import FedloreError

Value = bool | int | float | str | None
Body = Mapping[str, Value]

GENESIS = "0" * 64
_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
_KIND = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/~+=\[\]-]{0,199}")
_MOST_INTEGER = 2**53 - 1  # what RFC 8785 can write exactly


class AuditError(FedloreError):
    """An entry that may not be written, or a chain that was tampered with."""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: the number of its entries and the last one's hash. Whoever keeps it can tell a rollback."""

    index: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Entry:
    """One audited change.

    ``index`` counts from 1, ``time_us`` is Unix time in microseconds; ``hash`` covers the rest.
    """

    index: int
    previous: str
    time_us: int
    kind: str
    body: Body
    hash: str


def is_id(text: str) -> bool:
    """Whether ``text`` may stand in an entry: one word of ASCII letters, digits and ``._:/~+=[]-``, at most 200 long.

    No blank, line end or other script gets into the log, so an entry cannot be forged by the text of another, and
    nobody's free text ends up in it.
    """
    return _WORD.fullmatch(text) is not None


def make_entry(head: Head, *, time_us: int, kind: str, body: Body) -> Entry:
    """The entry that follows ``head``; raises `AuditError` for a body of anything but numbers, ids and fixed words."""
    if not _KIND.fullmatch(kind):
        raise AuditError(f"{kind!r} is no kind of entry")
    for key, value in body.items():
        if not _KEY.fullmatch(key):
            raise AuditError(f"{key!r} is no key of an entry")
        if isinstance(value, str) and not is_id(value):
            raise AuditError(f"{key} holds text that is neither an id nor a fixed word")
        if isinstance(value, int) and abs(value) > _MOST_INTEGER:
            raise AuditError(f"{key} holds an integer beyond 2^53")
    index = head.index + 1
    return Entry(index, head.hash, time_us, kind, dict(body), _hash(index, head.hash, time_us, kind, body))


def verify_chain(entries: Iterable[Entry], *, known: Iterable[Head] = ()) -> Head:
    """Check that ``entries`` are a whole chain from its beginning, and return its head.

    ``known`` are heads seen earlier or elsewhere: the chain must pass through each of them. Raises `AuditError` where
    an entry was edited, deleted, inserted or reordered, or where the chain was cut, forked or rolled back behind a
    known head.
    """
    expected = {head.index: head.hash for head in known}
    reached = Head()
    for entry in entries:
        if entry.index != reached.index + 1 or entry.previous != reached.hash:
            raise AuditError(f"audit entry {entry.index} does not follow entry {reached.index}")
        if entry.hash != _hash(entry.index, entry.previous, entry.time_us, entry.kind, entry.body):
            raise AuditError(f"audit entry {entry.index} was changed after it was written")
        if expected.get(entry.index, entry.hash) != entry.hash:
            raise AuditError(f"audit entry {entry.index} is not the one that was known: the log was forked")
        reached = Head(entry.index, entry.hash)
    if any(index > reached.index for index in expected):
        raise AuditError(f"the audit log ends at entry {reached.index}, before one that is known: it was rolled back")
    return reached


def _hash(index: int, previous: str, time_us: int, kind: str, body: Body) -> str:
    table: dict[str, Any] = {"body": dict(body), "index": index, "kind": kind, "previous": previous, "time_us": time_us}
    try:
        canonical = rfc8785.dumps(table)
    except rfc8785.CanonicalizationError as error:
        raise AuditError(f"audit entry {index} has no canonical form: {error}") from None
    return hashlib.sha256(canonical).hexdigest()
