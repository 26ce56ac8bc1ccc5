"""A table of a participant's own projects or stories that has k, l and t, recorded in its audit log before it is shown.

This is k-anonymity and its kin, not differential privacy: nothing is charged, and nothing of it goes into a round. The
owner writes the file for whom it chooses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection

from fedlore.federation.participant import Tools
from fedlore.govern.audit.entry import Body
from fedlore.privacy.anonymity.columns import NotReleasable
from fedlore.privacy.anonymity.guarantee import Guarantee, Measured
from fedlore.privacy.anonymity.mondrian import enforce
from fedlore.privacy.anonymity.tables import as_records
from fedlore.privacy.planner import NothingToSay
from fedlore.privacy.synthetic.table import Table
from fedlore.privacy.synthetic.writing import rows_written
from fedlore.store import audit
from fedlore.store.database import Database

ENTRY = "export.records"
TABLES = ("projects", "stories")
NOT_DIFFERENTIAL = (
    "k-anonymity is not differential privacy: what others publish about the same projects, or another table of them, "
    "may tell records apart"
)


@dataclass(frozen=True, slots=True)
class RecordOrder:
    """Which table is asked for, in which form, under what, and the share of records that may be left out."""

    table: str
    form: str
    asked: Guarantee
    suppress: float


@dataclass(frozen=True, slots=True)
class RecordExport:
    """The file's bytes, and what its owner is told: what was asked, what the table has, what was lost."""

    content: bytes
    report: Mapping[str, Any]


def export_records(
    database: Database, order: RecordOrder, own: Table, sensitive: Collection[str], tools: Tools
) -> RecordExport:
    """Make the table, write the audit entry, and give both the bytes and the report.

    Raises `NothingToSay` if the records cannot have what is asked, `AnonymityError` for an order that makes no sense;
    nothing is then recorded.
    """
    try:
        released = enforce(as_records(own, sensitive), order.asked, order.suppress)
    except NotReleasable as error:
        raise NothingToSay(f"{error}; nothing was written. Fewer columns, or a smaller k or l, may do") from None
    measured, loss = released.measured(order.asked.l), released.loss(order.asked.k)
    public = {
        "table": order.table,
        "synthetic": False,
        "guarantee": _said(order.asked),
        "has": _had(measured),
        "sensitive": [column.name for column in released.sensitive],
        "note": NOT_DIFFERENTIAL,
    }
    content = rows_written(*released.words(), order.form, public)
    with database.transaction() as connection:
        earlier = exported(connection, order.table)
        audit.append(connection, kind=ENTRY, body=_body(order, measured, released.rows, content), now=tools.now())
    report = {**public, "rows": released.rows, "classes": measured.classes, "loss": asdict(loss), "earlier": earlier}
    return RecordExport(content, report)


def exported(connection: Connection, table: str) -> int:
    """How many tables of this kind this participant has exported as records."""
    return sum(entry.kind == ENTRY and entry.body["table"] == table for entry in audit.entries(connection))


def _said(asked: Guarantee) -> dict[str, Any]:
    return {"k": asked.k, "l": asked.l, "t": asked.t, "diversity": asked.diversity} | (
        {"c": asked.c} if asked.diversity == "recursive" else {}
    )


def _had(measured: Measured) -> dict[str, Any]:
    varied = {"distinct_l": measured.distinct_l, "entropy_l": measured.entropy_l}
    return {"k": measured.k, **varied, "t": measured.t}


def _body(order: RecordOrder, measured: Measured, rows: int, content: bytes) -> Body:
    asked = {f"asked_{name}": number for name, number in _said(order.asked).items()}
    return {
        "table": order.table,
        "form": order.form,
        **asked,
        **{f"has_{name}": number for name, number in _had(measured).items()},
        "rows": rows,
        "suppress": order.suppress,
        "content_sha256": hashlib.sha256(content).hexdigest(),
    }
