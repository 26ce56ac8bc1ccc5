"""A ledger under adaptive caps: it admits what the filters admit beside what stands of the running year, no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fedlore.privacy.accountant import Event
from fedlore.privacy.filters import Loss, Spent, admits, loss_of, spent_by
from fedlore.privacy.ledger import BudgetError, BudgetExceeded, Cap, Charge, OperationConflict, day_of, period_of
from fedlore.privacy.room import left_in, total_of
from fedlore.store import audit, charges, ledger
from fedlore.store.database import Database

DAY_US = 86_400 * 10**6
ORIGINS = {"north": 20_000 * DAY_US, None: 19_900 * DAY_US}
CAPS = {"north": (2_000_000, 10**10), None: (3_000_000, 2 * 10**10)}
OPERATIONS = st.sampled_from([f"op{n}" for n in range(16)])


def _gaussian(multiplier: float) -> dict[str, object]:
    return {"mechanism": "discrete gaussian", "noise_multiplier": multiplier, "count": 1, "distance": 0.0}


CHARGES = st.one_of(
    st.builds(lambda m: Charge(1_000_000, 10**9, _gaussian(m)), st.sampled_from([3.7, 6.0])),
    st.builds(lambda e: Charge(e, 10**8, {"kind": "allocation"}), st.sampled_from([100_000, 700_000])),
)


@dataclass(frozen=True, slots=True)
class Row:
    scope: str
    charge: Charge
    state: str
    reserved_us: int


class GateMachine(RuleBasedStateMachine):
    """The ledger beside a dictionary of its rows; days pass between the steps."""

    database: Database

    @initialize()
    def begin(self) -> None:
        self.database = Database("sqlite://")
        self.now_us = 20_000 * DAY_US
        self.rows: dict[str, Row] = {}

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()

    @rule(days=st.sampled_from([1, 3, 200]))
    def wait(self, days: int) -> None:
        self.now_us += days * DAY_US

    @rule(operation=OPERATIONS, scope=st.sampled_from(["north", "south"]), charge=CHARGES)
    def reserve(self, operation: str, scope: str, charge: Charge) -> None:
        now, caps = self.now_us / 1e6, [self.cap(name) for name in CAPS if name in {scope, None}]
        fits = all(admits(cap, self.spent(cap), charge) for cap in caps)
        try:
            with self.database.transaction() as connection:
                ledger.reserve(
                    connection,
                    operation_id=operation,
                    scope=scope,
                    charge=charge,
                    caps=caps,
                    now=now,
                    expires=now + 5 * 86_400,
                )
        except BudgetExceeded as refusal:
            assert operation not in self.rows
            assert not fits
            cap = next(cap for cap in caps if cap.scope == refusal.scope)
            assert (refusal.left_epsilon_micro, refusal.left_delta_e15) == left_in(cap, self.spent(cap))
            assert cap.period is not None
            assert refusal.renews_us == cap.period.until_us > self.now_us
            assert str(day_of(cap.period.until_us)) in str(refusal)
        except OperationConflict:
            known = self.rows[operation]
            assert (known.scope, known.charge) != (scope, charge) or known.state in {"void", "expired"}
        else:
            assert operation in self.rows or fits
            known = self.rows.setdefault(operation, Row(scope, charge, "reserved", self.now_us))
            assert (known.scope, known.charge) == (scope, charge)

    @rule(operation=OPERATIONS)
    def commit(self, operation: str) -> None:
        self.settle(operation, "committed", lambda c: ledger.commit(c, operation, self.now_us / 1e6))

    @rule(operation=OPERATIONS)
    def void(self, operation: str) -> None:
        self.settle(operation, "void", lambda c: ledger.void(c, operation, self.now_us / 1e6))

    @rule()
    def expire_all(self) -> None:
        with self.database.transaction() as connection:
            late = ledger.overdue(connection, self.now_us)
            for operation in late:
                ledger.expire(connection, operation, self.now_us / 1e6)
        reserved = {name: row for name, row in self.rows.items() if row.state == "reserved"}
        assert late == sorted(n for n, row in reserved.items() if row.reserved_us + 5 * DAY_US <= self.now_us)
        self.rows |= {name: replace(reserved[name], state="expired") for name in late}

    def settle(self, operation: str, state: str, change: Callable[..., ledger.ChargeRow]) -> None:
        known = self.rows.get(operation)
        ended = {"committed": {"committed"}, "void": {"void", "expired"}}[state]
        try:
            with self.database.transaction() as connection:
                change(connection)
        except BudgetError:
            assert known is None or known.state not in {"reserved", *ended}
        else:
            assert known is not None
            assert known.state in {"reserved", *ended}
            if known.state == "reserved":
                self.rows[operation] = replace(known, state=state)

    def cap(self, scope: str | None) -> Cap:
        return Cap(scope, *CAPS[scope], period_of(ORIGINS[scope], self.now_us), adaptive=True)

    def spent(self, cap: Cap) -> Spent:
        return spent_by(
            row.charge
            for row in self.rows.values()
            if row.state in {"reserved", "committed"}
            and cap.scope in {row.scope, None}
            and row.reserved_us >= cap.since_us
        )

    @invariant()
    def the_ledger_is_the_table(self) -> None:
        if not hasattr(self, "database"):
            return
        with self.database.reading() as connection:
            assert {row.operation_id: row.state for row in charges.charges(connection)} == {
                name: row.state for name, row in self.rows.items()
            }
            for scope in CAPS:
                cap = self.cap(scope)
                assert charges.spent(connection, cap) == self.spent(cap)
                standing = [
                    row.charge for row in charges.charges(connection, scope, since_us=cap.since_us) if row.standing
                ]
                assert total_of(standing, cap.delta_e15).tight_epsilon <= CAPS[scope][0] / 1e6 + 1e-3
            audit.verify(connection)


GateMachine.TestCase.settings = settings(max_examples=15, stateful_step_count=30, deadline=None, derandomize=True)
TestGate = GateMachine.TestCase


def test_charges_that_are_alike_are_reckoned_once_and_add_up_as_each_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    made, covered = [], {}
    with database.transaction() as connection:
        for number in range(60):
            event = Event("discrete gaussian", 20.0 + number % 3, 1, 1000, 10**5, 1e-25).as_dict()
            charge = Charge(
                1000, 10**5, {**event, "plan_digest": f"{number:064x}"} if number % 4 else {"odd": [number]}
            )
            names = frozenset({"a", "b", f"c{number % 2}"})
            coverage = ledger.Coverage(names)
            ledger.reserve(
                connection, operation_id=f"op{number}", scope="s", charge=charge, caps=[], now=1.0, coverage=coverage
            )
            made.append(charge)
            covered[f"op{number}"] = names
        ledger.void(connection, "op1", 2.0)
    reckoned: list[Charge] = []

    def counting(charge: Charge) -> Loss:
        reckoned.append(charge)
        return loss_of(charge)

    monkeypatch.setattr(charges, "loss_of", counting)
    with database.reading() as connection:
        found = charges.spent_by_project(connection)
    assert len(reckoned) == 4
    assert set(found) == {"a", "b", "c0", "c1"}
    for project, spent in found.items():
        each = Spent()
        for number, charge in enumerate(made):
            if number != 1 and project in covered[f"op{number}"]:
                each += loss_of(charge)
        assert spent == each
    assert spent_by(charge for number, charge in enumerate(made) if number != 1) == found["a"]
