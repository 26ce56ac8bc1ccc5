"""The ends of other parties' audit logs as they were last seen: a log that is behind its known end was rolled back."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from fedlore.govern.audit.entry import AuditError, Head
from fedlore.store.round_tables import known_heads


def known_head(connection: Connection, owner: str) -> Head:
    """The end of ``owner``'s log as it was last seen; the beginning of every log if it never was."""
    row = connection.execute(select(known_heads).where(known_heads.c.owner == owner)).one_or_none()
    return Head() if row is None else Head(row.entry_index, row.entry_hash)


def keep_head(connection: Connection, owner: str, head: Head) -> None:
    """Remember ``head`` as the end of ``owner``'s log; raises `AuditError` if one further on, or another, was known."""
    row = connection.execute(select(known_heads).where(known_heads.c.owner == owner)).one_or_none()
    if row is not None:
        if head.index < row.entry_index or (head.index == row.entry_index and head.hash != row.entry_hash):
            raise AuditError(
                f"the log of {owner} ends at entry {head.index}, not at entry {row.entry_index} as it did before: "
                "it was restored from a backup, rolled back or forked"
            )
        connection.execute(delete(known_heads).where(known_heads.c.owner == owner))
    connection.execute(insert(known_heads).values(owner=owner, entry_index=head.index, entry_hash=head.hash))
