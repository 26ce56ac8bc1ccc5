"""What was exported under a paid operation, byte for byte, so that a retry is given the same again."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, Connection, Float, LargeBinary, Table, Text, insert, select

from fedlore.store.tables import metadata, word

exports = Table(
    "exports",
    metadata,
    Column("operation_id", word(), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("report", Text, nullable=False),
    Column("kept", Float, nullable=False),
)


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One export: the file's bytes, and the owner's own report on it as JSON."""

    operation_id: str
    content: bytes
    report: str


def find_export(connection: Connection, operation_id: str) -> ExportRow | None:
    found = connection.execute(select(exports).where(exports.c.operation_id == operation_id)).first()
    return None if found is None else ExportRow(found.operation_id, found.content, found.report)


def add_export(connection: Connection, row: ExportRow, now: float) -> None:
    connection.execute(
        insert(exports).values(operation_id=row.operation_id, content=row.content, report=row.report, kept=now)
    )
