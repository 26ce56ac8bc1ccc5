"""The audit log on a connection, within the caller's transaction: what is audited and its entry are kept together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import rfc8785
from sqlalchemy import Connection, insert, select

from fedlore.govern.audit.entry import Body, Entry, Head, make_entry, verify_chain
from fedlore.store.tables import audit_entries


def append(connection: Connection, *, kind: str, body: Body, now: float) -> Entry:
    """Add one entry at Unix time ``now`` (seconds); raises `AuditError` for a body that may not be written."""
    entry = make_entry(head(connection), time_us=microseconds(now), kind=kind, body=body)
    connection.execute(
        insert(audit_entries).values(
            entry_index=entry.index,
            previous_hash=entry.previous,
            time_us=entry.time_us,
            kind=entry.kind,
            body=rfc8785.dumps(dict(entry.body)).decode(),
            entry_hash=entry.hash,
        )
    )
    return entry


def head(connection: Connection) -> Head:
    """The end of the log as it stands."""
    columns = select(audit_entries.c.entry_index, audit_entries.c.entry_hash)
    row = connection.execute(columns.order_by(audit_entries.c.entry_index.desc()).limit(1)).one_or_none()
    return Head() if row is None else Head(row.entry_index, row.entry_hash)


def entries(connection: Connection, *, after: int = 0) -> Iterator[Entry]:
    """All entries in order, or those after the index ``after``."""
    rows = connection.execute(
        select(audit_entries).where(audit_entries.c.entry_index > after).order_by(audit_entries.c.entry_index)
    )
    for row in rows:
        yield Entry(row.entry_index, row.previous_hash, row.time_us, row.kind, json.loads(row.body), row.entry_hash)


def verify(connection: Connection, *, known: Iterable[Head] = ()) -> Head:
    """Check the whole log, also against heads ``known`` from elsewhere; raises `AuditError` for a log tampered with."""
    return verify_chain(entries(connection), known=known)


def microseconds(now: float) -> int:
    """Unix time in seconds as whole microseconds."""
    return round(now * 1e6)
