"""The ledger on a connection, within the caller's transaction; each change appends its audit entry there too.

What is charged and what it pays for are kept or lost together. ``now`` is Unix time in seconds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import rfc8785
from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    and_,
    exists,
    func,
    insert,
    literal,
    select,
    true,
    update,
)

from fedlore.govern.audit.entry import is_id
from fedlore.privacy.filters import Spent, admits, limits_of, loss_of, tracks
from fedlore.privacy.ledger import BudgetError, Cap, Charge, OperationConflict, UnknownOperation
from fedlore.privacy.room import refused
from fedlore.store import audit, tables
from fedlore.store.audit import microseconds
from fedlore.store.charges import (
    DELTA,
    EPSILON,
    STANDING,
    ChargeRow,
    charges,
    find_charge,
    overdue,
    spent,
    spent_by_project,
    totals,
    within,
)
from fedlore.store.kin import families

__all__ = [
    "Cap",
    "ChargeRow",
    "Coverage",
    "charges",
    "commit",
    "expire",
    "find_charge",
    "fix_total",
    "is_final",
    "overdue",
    "reserve",
    "totals",
    "void",
]

_ROW = tables.charges.c


@dataclass(frozen=True, slots=True)
class Coverage:
    """The projects, by fingerprint, that a charge covers, and the cap of each over all scopes (None: no such cap)."""

    projects: frozenset[str]
    cap: Cap | None = None


def reserve(
    connection: Connection,
    *,
    operation_id: str,
    scope: str,
    charge: Charge,
    caps: Sequence[Cap],
    now: float,
    coverage: Coverage | None = None,
    expires: float | None = None,
) -> ChargeRow:
    """Reserve ``charge`` if every cap admits it: plain sums in the statement itself, filters just before it.

    The transaction must be one that writes alone (`Database.transaction`): then nothing comes between. From ``expires``
    on (Unix seconds; None: never) `overdue` names the reservation. An operation id is used once. The same charge again
    returns the row as it stands, whose ``state`` tells a retry from a charge already committed; raises
    `OperationConflict` if the id stands for another charge, or for one that is void or expired, `BudgetExceeded` if a
    cap would be passed, `BudgetError` for an id that may not be written to the log.
    """
    for text in (operation_id, scope, *(coverage.projects if coverage else ())):
        if not is_id(text):
            raise BudgetError(f"{text!r} is no id: ASCII letters, digits and ._:/~+=[]- only, at most 200")
    values = {
        "operation_id": operation_id,
        "scope": scope,
        "state": "reserved",
        "epsilon_micro": charge.epsilon_micro,
        "delta_e15": charge.delta_e15,
        "event": _canonical(charge.event),
        "reserved_at_us": microseconds(now),
        "expires_at_us": 0 if expires is None else microseconds(expires),
    }
    if find_charge(connection, operation_id) is None:
        _ask_filters(connection, charge, caps, coverage)
    unused = ~exists(select(_ROW.operation_id).where(_ROW.operation_id == operation_id))
    source = select(*(literal(value, _ROW[name].type) for name, value in values.items()))
    source = source.where(unused, *(_room(cap, charge) for cap in caps if not cap.filtered))
    inserted = connection.execute(insert(tables.charges).from_select(list(values), source)).rowcount == 1
    row = find_charge(connection, operation_id)
    if row is None:
        _refuse(connection, charge, caps)
    if inserted:
        for project in sorted(coverage.projects if coverage else ()):
            connection.execute(insert(tables.charge_projects).values(operation_id=operation_id, project=project))
        _append(connection, "budget.reserved", row, now)
        return row
    same = (row.scope, row.epsilon_micro, row.delta_e15) == (scope, charge.epsilon_micro, charge.delta_e15)
    if not same or not row.standing or _canonical(row.event) != values["event"]:
        raise OperationConflict(
            f"{operation_id} already stands for a charge that is {row.state}: only the same request, while it stands, "
            "is answered again; another one needs an id of its own"
        )
    return row


def commit(connection: Connection, operation_id: str, now: float, actual: Charge | None = None) -> ChargeRow:
    """Make a reservation final, at the price of ``actual`` (no more than was reserved) or at its own.

    Again with the same price changes nothing. Raises `UnknownOperation`, or `OperationConflict` for a charge that is
    void or expired, another price, or more than was reserved.
    """
    statement = _settle(operation_id, now).values(
        state="committed",
        actual_epsilon_micro=_ROW.epsilon_micro if actual is None else actual.epsilon_micro,
        actual_delta_e15=_ROW.delta_e15 if actual is None else actual.delta_e15,
    )
    if actual is not None:
        statement = statement.where(_ROW.epsilon_micro >= actual.epsilon_micro, _ROW.delta_e15 >= actual.delta_e15)
    changed = connection.execute(statement).rowcount == 1
    row = _known(connection, operation_id)
    if changed:
        _append(connection, "budget.committed", row, now)
    elif row.state == "reserved":
        raise OperationConflict(f"{operation_id} would cost more than was reserved for it")
    else:
        price = actual or row
        paid = row.actual_epsilon_micro, row.actual_delta_e15
        if row.state != "committed" or paid != (price.epsilon_micro, price.delta_e15):
            raise OperationConflict(f"{operation_id} is already {row.state}")
    return row


def void(connection: Connection, operation_id: str, now: float) -> ChargeRow:
    """Give a reservation back; again, or once it is expired, changes nothing.

    Raises `UnknownOperation`, or `OperationConflict` for a committed charge: a release cannot be taken back.
    """
    return _give_back(connection, operation_id, "void", now)


def expire(connection: Connection, operation_id: str, now: float) -> ChargeRow:
    """Give a reservation back whose operation has been over for long; again, or once it is void, changes nothing.

    Only for one of which nothing was released, and of which nothing will be: whoever calls this makes that sure in the
    same transaction. It can never be committed later. Raises `UnknownOperation`, or `OperationConflict` for a committed
    charge or one that is not overdue.
    """
    row = _known(connection, operation_id)
    if row.state == "reserved" and not 0 < row.expires_at_us <= microseconds(now):
        raise OperationConflict(f"{operation_id} is not overdue")
    return _give_back(connection, operation_id, "expired", now)


def is_final(connection: Connection, operation_id: str) -> bool:
    """Whether an operation's charge is committed."""
    found = find_charge(connection, operation_id)
    return found is not None and found.state == "committed"


def fix_total(connection: Connection, *, scope: str, epsilon_micro: int, delta_e15: int, now: float) -> Cap:
    """Fix the total of ``scope`` at first use, for every process.

    Raises `OperationConflict` if another total is fixed, `BudgetError` for a scope that may not be written to the log.
    """
    budgets = tables.budgets
    if not is_id(scope):
        raise BudgetError(f"{scope!r} is no id: ASCII letters, digits and ._:/~+=[]- only, at most 200")
    fixed = connection.execute(select(budgets).where(budgets.c.scope == scope)).one_or_none()
    if fixed is None:
        values: dict[str, str | int] = {"scope": scope, "epsilon_micro": epsilon_micro, "delta_e15": delta_e15}
        connection.execute(insert(budgets).values(**values, fixed_at_us=microseconds(now)))
        audit.append(connection, kind="budget.fixed", body=values, now=now)
    elif (fixed.epsilon_micro, fixed.delta_e15) != (epsilon_micro, delta_e15):
        raise OperationConflict(
            f"the total of {scope} is fixed at epsilon {fixed.epsilon_micro / 1e6:g}, delta {fixed.delta_e15 / 1e15:g}"
        )
    return Cap(scope, epsilon_micro, delta_e15)


def _settle(operation_id: str, now: float) -> Any:
    reserved = and_(_ROW.operation_id == operation_id, _ROW.state == "reserved")
    return update(tables.charges).where(reserved).values(settled_at_us=microseconds(now))


def _give_back(connection: Connection, operation_id: str, state: str, now: float) -> ChargeRow:
    changed = connection.execute(_settle(operation_id, now).values(state=state)).rowcount == 1
    row = _known(connection, operation_id)
    if changed:
        _append(connection, f"budget.{state}", row, now)
    elif row.standing:
        raise OperationConflict(f"{operation_id} is committed: a release cannot be taken back")
    return row


def _ask_filters(connection: Connection, charge: Charge, caps: Sequence[Cap], coverage: Coverage | None) -> None:
    for cap in caps:
        if cap.filtered and not admits(cap, known := spent(connection, cap), charge):
            raise refused(cap, known)
    if coverage is not None and coverage.cap is not None:
        by_project = spent_by_project(connection, since_us=coverage.cap.since_us)
        limits, loss = limits_of(coverage.cap), loss_of(charge)
        family = families(connection)
        for project in sorted({family.get(name, name) for name in coverage.projects}):
            if not tracks(limits, known := by_project.get(project, Spent()), loss):
                raise refused(coverage.cap, known)


def _room(cap: Cap, charge: Charge) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = [true()]
    if cap.epsilon_micro is not None:
        parts.append(_spoken_for(EPSILON, cap) + charge.epsilon_micro <= cap.epsilon_micro)
    if cap.delta_e15 is not None:
        parts.append(_spoken_for(DELTA, cap) + charge.delta_e15 <= cap.delta_e15)
    return and_(*parts)


def _spoken_for(column: ColumnElement[int], cap: Cap) -> ScalarSelect[int]:
    standing = _ROW.state.in_(STANDING)
    summed = select(func.coalesce(func.sum(column), 0)).where(standing, *within(cap.scope, cap.since_us))
    return summed.scalar_subquery()


def _refuse(connection: Connection, charge: Charge, caps: Sequence[Cap]) -> NoReturn:
    for cap in caps:
        if not cap.filtered and not cap.fits(known := totals(connection, cap.scope, since_us=cap.since_us), charge):
            raise cap.exceeded(known)
    raise BudgetError("the charge was not reserved")


def _known(connection: Connection, operation_id: str) -> ChargeRow:
    row = find_charge(connection, operation_id)
    if row is None:
        raise UnknownOperation(operation_id)
    return row


def _canonical(event: Mapping[str, Any]) -> str:
    try:
        return rfc8785.dumps(json.loads(json.dumps(dict(event), allow_nan=False))).decode()
    except (TypeError, ValueError) as error:
        raise BudgetError(f"a charge's event is a JSON object: {error}") from None


def _append(connection: Connection, kind: str, row: ChargeRow, now: float) -> None:
    price = {"epsilon_micro": row.epsilon_micro, "delta_e15": row.delta_e15}
    if row.actual_epsilon_micro is not None and row.actual_delta_e15 is not None:
        price = {"epsilon_micro": row.actual_epsilon_micro, "delta_e15": row.actual_delta_e15}
    digest = hashlib.sha256(_canonical(row.event).encode()).hexdigest()
    ids = {"operation_id": row.operation_id, "scope": row.scope, "event_digest": digest}
    audit.append(connection, kind=kind, body={**ids, **price}, now=now)
