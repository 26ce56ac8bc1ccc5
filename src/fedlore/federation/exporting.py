"""A synthetic table of a participant's own projects, stories or commits, paid for in its own ledger before it is shown.

The charge is reserved before the rows are looked at, and becomes final in the transaction that keeps the file's bytes:
a retry of the operation is given those again, and never fresh noise. What was never finished expires as rounds do.

A project whose own budget over all federations is spent is left out before the table is made. What a charge's unit is
and how it counts beside others: docs/decisions/2026-11-24-records-under-one-cap.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.measure import Measure
from fedlore.federation.caps import Caps, admitted, participant_caps
from fedlore.federation.expiring import give_up_overdue
from fedlore.federation.participant import Tools
from fedlore.federation.policy import Policy, PolicyRefusal
from fedlore.privacy.ledger import RESERVATION_SECONDS, Charge, day_of
from fedlore.privacy.synthetic.engine import load_mbi
from fedlore.privacy.synthetic.making import synthesise
from fedlore.privacy.synthetic.spending import Budget
from fedlore.privacy.synthetic.table import Table
from fedlore.privacy.synthetic.writing import written
from fedlore.store import contributions, exports, ledger
from fedlore.store.charges import EXPORT, find_charge, projects_of, spent_by_project
from fedlore.store.database import Database
from fedlore.store.exports import ExportRow
from fedlore.store.ledger import Coverage
from fedlore.store.scopes import EXPORTS

UNITS = {"projects": "project", "stories": "record", "commits": "record"}
NEIGHBOURS = {
    "project": "one project added or removed",
    "record": "one record added or removed (a whole project is not protected)",
}
DEFAULT_MEASURES = ("workflow.ci", "code.tests", "code.type_annotations", "code.bare_except")


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made, for what price, under which operation id; ``form`` is csv or json."""

    operation_id: str
    table: str
    form: str
    budget: Budget

    @property
    def about(self) -> dict[str, Any]:
        """What goes with the table: its unit, neighbours and price."""
        unit, charge = UNITS[self.table], self.budget.charge
        return {
            "table": self.table,
            "synthetic": True,
            "unit": unit,
            "neighbours": NEIGHBOURS[unit],
            "epsilon": charge.epsilon_micro / 1e6,
            "delta": charge.delta_e15 / 1e15,
        }


def charge_of(order: Order, columns: Mapping[str, tuple[str, ...]]) -> Charge:
    """What the ledger is told: one Gaussian release of the whole budget, and what it was spent on."""
    asked = json.dumps({"table": order.table, "form": order.form, "columns": columns}, sort_keys=True)
    event = {**order.budget.charge.event, EXPORT: order.table, "unit": UNITS[order.table]}
    event["order_digest"] = hashlib.sha256(asked.encode()).hexdigest()
    return Charge(order.budget.charge.epsilon_micro, order.budget.charge.delta_e15, event)


def price_paid(database: Database, operation_id: str) -> tuple[int, int] | None:
    """What an export was charged, in 1e-6 and 1e-15, by the ledger; None for an id that stands for no export."""
    with database.reading() as connection:
        row = find_charge(connection, operation_id)
    return None if row is None or not row.is_export else (row.charge.epsilon_micro, row.charge.delta_e15)


def projects_for(
    database: Database, federation_id: str, order: Order, names: Collection[str], now: float
) -> frozenset[str]:
    """Which of the projects (by fingerprint) the table may be made of: those whose own budget admits its price.

    A retry is of those that its charge covers already. Raises `PolicyRefusal` where none is left.
    """
    with database.reading() as connection:
        cap = caps_in(connection, federation_id, now).project
        paid = find_charge(connection, order.operation_id)
        if paid is not None and paid.standing:
            return frozenset(names) & frozenset(projects_of(connection, order.operation_id))
        known = {} if cap is None else spent_by_project(connection, since_us=cap.since_us)
    kept = admitted(names, cap, known, order.budget.charge)
    if names and not kept:
        renews = "" if cap is None or cap.period is None else f" once it renews on {day_of(cap.period.until_us)}"
        raise PolicyRefusal(
            "no table can be made: each of these projects has spent its own budget, and none is left; ask for a lower "
            f"price, or again{renews}"
        )
    return kept


def export_synthetic(
    database: Database,
    federation_id: str,
    order: Order,
    real: Table,
    tools: Tools,
    elapsed: Callable[[], float],
    projects: frozenset[str] = frozenset(),
) -> ExportRow:
    """Pay, make and keep a synthetic table, or give back what this operation was paid for before.

    ``projects`` are those that ``real`` was made of (`projects_for`): the charge counts for each of them. Raises
    `BudgetExceeded`, `OperationConflict` if the operation id stands for anything else or has expired, `ToolError`
    without the extra ``synth``; nothing is then charged.
    """
    load_mbi()
    give_up_overdue(database, tools.now())
    charge = charge_of(order, {column.name: column.labels for column in real.columns})
    with database.transaction() as connection:
        now = tools.now()
        caps = caps_in(connection, federation_id, now)
        ledger.reserve(
            connection,
            operation_id=order.operation_id,
            scope=EXPORTS,
            charge=charge,
            caps=[caps.everything],
            now=now,
            coverage=Coverage(projects, caps.project),
            expires=now + RESERVATION_SECONDS,
        )
        kept = exports.find_export(connection, order.operation_id)
    if kept is not None:
        return kept
    made = None
    try:
        made = _made(order, real, tools, elapsed)
    finally:
        if made is None:
            with database.transaction() as connection:
                ledger.void(connection, order.operation_id, tools.now())
    # Whatever took longer than a reservation lasts was given up: its bytes are kept nowhere and shown to nobody.
    give_up_overdue(database, tools.now())
    with database.transaction() as connection:
        # Another process may have finished the same operation meanwhile: then its bytes are the paid ones.
        kept = exports.find_export(connection, order.operation_id)
        if kept is None:
            ledger.commit(connection, order.operation_id, tools.now())
            exports.add_export(connection, made, tools.now())
    return kept or made


def caps_in(connection: Connection, federation_id: str, now: float) -> Caps:
    """The caps of the participant's own ledger, by its policy in one of its federations; raises `PolicyRefusal`."""
    rows = contributions.memberships_of(connection)
    row = next((one for one in rows if one.federation_id == federation_id), None)
    if row is None:
        raise PolicyRefusal(f"this organization has not joined consortium {federation_id} on this machine")
    first = contributions.first_joined(connection)
    policies = [Policy.from_dict(one.terms) for one in rows]
    return participant_caps(Policy.from_dict(row.terms), federation_id, row.joined, first, now, policies)


def measures_of(catalogue: Catalogue, names: Sequence[str]) -> list[Measure]:
    """The measures that are the columns of a table of projects: those named, or else a few practices and all outcomes.

    Raises `CatalogueError` for a name that stands for none.
    """
    chosen = names or (*DEFAULT_MEASURES, *(measure.id for measure in catalogue.outcomes()))
    return [catalogue[name] for name in dict.fromkeys(chosen)]


def _made(order: Order, real: Table, tools: Tools, elapsed: Callable[[], float]) -> ExportRow:
    found = synthesise(real, order.budget, tools.randomness, elapsed)
    content = written(found.table, order.form, {**order.about, **found.report.public()})
    report = {
        **order.about,
        **found.report.public(),
        "rows": found.table.rows,
        "rounds": found.rounds,
        "owner": found.report.owners(),
    }
    return ExportRow(order.operation_id, content, json.dumps(report))
