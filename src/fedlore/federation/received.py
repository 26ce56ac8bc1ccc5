"""Read back what a participant received: each release's signature is checked before a statement of it is shown."""

from __future__ import annotations

from fedlore.federation.messages import Release, Signed
from fedlore.learn.statement import Statement
from fedlore.store import contributions
from fedlore.store.database import Database


def newest_statements(database: Database, federation_id: str) -> list[Statement]:
    """The newest statement of every id, in the order first said; raises `SignatureError` for a tampered store."""
    with database.reading() as connection:
        keys = {row.federation_id: row.coordinator_key for row in contributions.memberships_of(connection)}
        rows = contributions.insights_of(connection, federation_id)
    newest: dict[str, Statement] = {}
    for row in rows:
        release = Release.verified(Signed(row.document, row.signature), keys[row.federation_id])
        for table in release.statements:
            statement = Statement.from_dict(table)
            newest[statement.id] = statement
    return list(newest.values())
