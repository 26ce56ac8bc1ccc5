"""What the ledger holds, read on a connection: charges, their sums, and what a scope or a project has spent."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, select
from sqlalchemy.engine import Row

from fedlore.privacy.filters import Alike, Loss, Spent, alike, loss_of, spent_by
from fedlore.privacy.ledger import Cap, Charge, State, Totals
from fedlore.store import tables
from fedlore.store.kin import families

_ROW = tables.charges.c
_COVERED = tables.charge_projects.c
STANDING = ("reserved", "committed")
EXPORT = "export"
"""The key in a charge's event that says which table it pays for; no round's event has it."""
_APART = ","  # is in no id
EPSILON = func.coalesce(_ROW.actual_epsilon_micro, _ROW.epsilon_micro)
DELTA = func.coalesce(_ROW.actual_delta_e15, _ROW.delta_e15)


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """One charge as it is kept. ``actual_*`` are None until it is committed, ``settled_at_us`` until that or its end.

    Budgets are in 1e-6 and 1e-15, times in Unix microseconds; ``event`` is the charge's JSON object. A reservation is
    given up at ``expires_at_us`` (0: never).
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
    expires_at_us: int = 0

    @property
    def standing(self) -> bool:
        """Whether it counts: reserved or committed, neither void nor expired."""
        return self.state in STANDING

    @property
    def is_export(self) -> bool:
        """Whether it pays for an export: its event says so, whatever its scope is called."""
        return EXPORT in self.event

    @property
    def charge(self) -> Charge:
        """What it costs now: the actual price once committed, until then the reserved one."""
        if self.actual_epsilon_micro is None or self.actual_delta_e15 is None:
            return Charge(self.epsilon_micro, self.delta_e15, self.event)
        return Charge(self.actual_epsilon_micro, self.actual_delta_e15, self.event)


def find_charge(connection: Connection, operation_id: str) -> ChargeRow | None:
    """One charge by its operation id."""
    found = connection.execute(select(tables.charges).where(_ROW.operation_id == operation_id)).one_or_none()
    return None if found is None else _row(found)


def charges(connection: Connection, scope: str | None = None, *, since_us: int = 0) -> list[ChargeRow]:
    """All charges of ``scope`` (None: of all), void and expired ones too, in the order in which they were reserved."""
    order = _ROW.reserved_at_us, _ROW.operation_id
    found = select(tables.charges).where(*within(scope, since_us)).order_by(*order)
    return [_row(row) for row in connection.execute(found)]


def totals(connection: Connection, scope: str | None = None, *, since_us: int = 0) -> Totals:
    """The plain sums of what was reserved from ``since_us`` on and still stands in ``scope`` (None: in all)."""
    sums = [
        func.coalesce(func.sum(case((_ROW.state == state, column), else_=0)), 0)
        for state in STANDING
        for column in (EPSILON, DELTA)
    ]
    return Totals(*map(int, connection.execute(select(*sums).where(*within(scope, since_us))).one()))


def spent(connection: Connection, cap: Cap) -> Spent:
    """What the filters know of the charges that count under ``cap``."""
    return spent_by(charge for _, charge in _standing(connection, cap.scope, cap.since_us))


def spent_by_project(connection: Connection, *, since_us: int = 0) -> dict[str, Spent]:
    """What each project has spent from ``since_us`` on, in all federations, by its fingerprint.

    Of a project with several fingerprints it is that of `families`. Charges that are alike are reckoned once, and
    projects that were part of the same ones together.
    """
    by_key: dict[Alike, Charge] = {}
    keys: dict[str, Alike] = {}
    for operation_id, charge in _standing(connection, None, since_us):
        keys[operation_id] = alike(charge)
        by_key.setdefault(keys[operation_id], charge)
    losses = {key: loss_of(charge) for key, charge in by_key.items()}
    together: defaultdict[str, Counter[Alike]] = defaultdict(Counter)
    names = func.aggregate_strings(_COVERED.project, _APART)
    for operation_id, projects in connection.execute(
        select(_COVERED.operation_id, names).group_by(_COVERED.operation_id)
    ):
        if operation_id in keys:
            together[projects][keys[operation_id]] += 1
    times: defaultdict[str, Counter[Alike]] = defaultdict(Counter)
    family = families(connection)
    for projects, counted in together.items():
        for project in {family.get(name, name) for name in projects.split(_APART)}:
            times[project].update(counted)
    summed: dict[frozenset[tuple[Alike, int]], Spent] = {}
    for counted in times.values():
        if (same := frozenset(counted.items())) not in summed:
            summed[same] = _summed(losses, counted)
    return {project: summed[frozenset(counted.items())] for project, counted in times.items()}


def projects_of(connection: Connection, operation_id: str) -> list[str]:
    """The fingerprints of the projects that a charge covered, each that of `families` now, in order."""
    found = select(_COVERED.project).where(_COVERED.operation_id == operation_id)
    family = families(connection)
    return sorted({family.get(name, name) for name in connection.execute(found).scalars()})


def overdue(connection: Connection, now_us: int, scope: str | None = None) -> list[str]:
    """The operations whose reservations should have been settled by ``now_us``."""
    late = (_ROW.state == "reserved", _ROW.expires_at_us > 0, _ROW.expires_at_us <= now_us)
    found = select(_ROW.operation_id).where(*late, *within(scope)).order_by(_ROW.operation_id)
    return list(connection.execute(found).scalars())


def within(scope: str | None, since_us: int = 0) -> list[ColumnElement[bool]]:
    """The conditions for a charge of ``scope`` (None: of any) that was reserved from ``since_us`` on."""
    conditions: list[ColumnElement[bool]] = [] if scope is None else [_ROW.scope == scope]
    return [*conditions, _ROW.reserved_at_us >= since_us] if since_us else conditions


def _standing(connection: Connection, scope: str | None, since_us: int) -> Iterator[tuple[str, Charge]]:
    """The charges that count in ``scope`` from ``since_us`` on, with their operation ids, in no order."""
    found = select(_ROW.operation_id, EPSILON, DELTA, _ROW.event).where(_ROW.state.in_(STANDING))
    for operation_id, epsilon_micro, delta_e15, event in connection.execute(found.where(*within(scope, since_us))):
        yield operation_id, Charge(epsilon_micro, delta_e15, json.loads(event))


def _summed(losses: Mapping[Alike, Loss], times: Mapping[Alike, int]) -> Spent:
    total = Spent()
    for key, count in times.items():
        total = total.plus(losses[key], count)
    return total


def _row(row: Row[Any]) -> ChargeRow:
    return ChargeRow(**{**row._mapping, "event": json.loads(row.event)})
