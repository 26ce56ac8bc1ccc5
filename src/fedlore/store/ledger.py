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
    case,
    exists,
    func,
    insert,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.engine import Row

from fedlore.govern.audit.entry import is_id
from fedlore.privacy.ledger import (
    BudgetError,
    Cap,
    Charge,
    OperationConflict,
    State,
    Totals,
    UnknownOperation,
)
from fedlore.store import audit, tables
from fedlore.store.audit import microseconds

__all__ = ["Cap", "ChargeRow", "charges", "commit", "find_charge", "fix_total", "is_final", "reserve", "totals", "void"]

_ROW = tables.charges.c
_EPSILON = func.coalesce(_ROW.actual_epsilon_micro, _ROW.epsilon_micro)
_DELTA = func.coalesce(_ROW.actual_delta_e15, _ROW.delta_e15)


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """One charge as it is kept. ``actual_*`` are None until it is committed, ``settled_at_us`` until that or void.

    Budgets are in 1e-6 and 1e-15, times in Unix microseconds; ``event`` is the charge's JSON object.
    """

    operation_id: str
    scope: str
    state: State
    epsilon_micro: int
    delta_e15: int
    actual_epsilon_micro: int | None
    actual_delta_e15: int | None
    event: Mapping[str, Any]
    reserved_at_us: int
    settled_at_us: int | None


def reserve(
    connection: Connection, *, operation_id: str, scope: str, charge: Charge, caps: Sequence[Cap], now: float
) -> ChargeRow:
    """Reserve ``charge`` if it fits under every cap, in one conditional statement.

    An operation id is used once. The same charge again returns the row as it stands, whose ``state`` tells a retry
    from a charge already committed; raises `OperationConflict` if the id stands for another charge or a void one,
    `BudgetExceeded` if a cap would be passed, `BudgetError` for an id that may not be written to the log.
    """
    for text in (operation_id, scope):
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
    }
    unused = ~exists(select(_ROW.operation_id).where(_ROW.operation_id == operation_id))
    source = select(*(literal(value, _ROW[name].type) for name, value in values.items()))
    source = source.where(unused, *(_room(cap, charge) for cap in caps))
    inserted = connection.execute(insert(tables.charges).from_select(list(values), source)).rowcount == 1
    row = find_charge(connection, operation_id)
    if row is None:
        _refuse(connection, charge, caps)
    if inserted:
        _append(connection, "budget.reserved", row, now)
        return row
    same = (row.scope, row.epsilon_micro, row.delta_e15) == (scope, charge.epsilon_micro, charge.delta_e15)
    if not same or row.state == "void" or _canonical(row.event) != values["event"]:
        raise OperationConflict(f"{operation_id} already stands for a charge that is {row.state}")
    return row


def commit(connection: Connection, operation_id: str, now: float, actual: Charge | None = None) -> ChargeRow:
    """Make a reservation final, at the price of ``actual`` (no more than was reserved) or at its own.

    Again with the same price changes nothing. Raises `UnknownOperation`, or `OperationConflict` for a void charge,
    another price, or more than was reserved.
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
        spent = row.actual_epsilon_micro, row.actual_delta_e15
        if row.state == "void" or spent != (price.epsilon_micro, price.delta_e15):
            raise OperationConflict(f"{operation_id} is already {row.state}")
    return row


def void(connection: Connection, operation_id: str, now: float) -> ChargeRow:
    """Give a reservation back; again changes nothing.

    Raises `UnknownOperation`, or `OperationConflict` for a committed charge: a release cannot be taken back.
    """
    changed = connection.execute(_settle(operation_id, now).values(state="void")).rowcount == 1
    row = _known(connection, operation_id)
    if changed:
        _append(connection, "budget.void", row, now)
    elif row.state != "void":
        raise OperationConflict(f"{operation_id} is committed: a release cannot be taken back")
    return row


def is_final(connection: Connection, operation_id: str) -> bool:
    """Whether an operation's charge is committed."""
    found = find_charge(connection, operation_id)
    return found is not None and found.state == "committed"


def totals(connection: Connection, scope: str | None = None) -> Totals:
    """What is reserved and committed in ``scope`` (None: in all)."""
    sums = [
        func.coalesce(func.sum(case((_ROW.state == state, column), else_=0)), 0)
        for state in ("reserved", "committed")
        for column in (_EPSILON, _DELTA)
    ]
    return Totals(*connection.execute(select(*sums).where(*_within(scope))).one())


def charges(connection: Connection, scope: str | None = None) -> list[ChargeRow]:
    """All charges of ``scope`` (None: of all), void ones too, in the order in which they were reserved."""
    order = _ROW.reserved_at_us, _ROW.operation_id
    return [_row(row) for row in connection.execute(select(tables.charges).where(*_within(scope)).order_by(*order))]


def find_charge(connection: Connection, operation_id: str) -> ChargeRow | None:
    """One charge by its operation id."""
    found = connection.execute(select(tables.charges).where(_ROW.operation_id == operation_id)).one_or_none()
    return None if found is None else _row(found)


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


def _room(cap: Cap, charge: Charge) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = [true()]
    if cap.epsilon_micro is not None:
        parts.append(_spoken_for(_EPSILON, cap.scope) + charge.epsilon_micro <= cap.epsilon_micro)
    if cap.delta_e15 is not None:
        parts.append(_spoken_for(_DELTA, cap.scope) + charge.delta_e15 <= cap.delta_e15)
    return and_(*parts)


def _spoken_for(column: ColumnElement[int], scope: str | None) -> ScalarSelect[int]:
    return select(func.coalesce(func.sum(column), 0)).where(_ROW.state != "void", *_within(scope)).scalar_subquery()


def _within(scope: str | None) -> list[ColumnElement[bool]]:
    return [] if scope is None else [_ROW.scope == scope]


def _refuse(connection: Connection, charge: Charge, caps: Sequence[Cap]) -> NoReturn:
    for cap in caps:
        spent = totals(connection, cap.scope)
        if not cap.fits(spent, charge):
            raise cap.exceeded(spent)
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


def _row(row: Row[Any]) -> ChargeRow:
    return ChargeRow(**{**row._mapping, "event": json.loads(row.event)})
