"""Whatever is asked in whatever order, the ledger says what a plain table would, and never passes a cap."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from fedlore.govern.audit.entry import AuditError
from fedlore.privacy.ledger import (
    BudgetError,
    BudgetExceeded,
    Cap,
    Charge,
    OperationConflict,
    Totals,
    UnknownOperation,
)
from fedlore.store import audit, ledger
from fedlore.store.database import Database
from tests.postgres import Server

CAPS = [Cap("north", 1_000_000, 10**9), Cap(None, 1_500_000, None)]
OPERATIONS = st.sampled_from([f"op{n}" for n in range(12)])
SCOPES = st.sampled_from(["north", "south"])
CHARGES = st.builds(Charge, st.integers(1, 600_000), st.integers(0, 4 * 10**8), st.just({"mechanism": "m"}))


class LedgerMachine(RuleBasedStateMachine):
    """The ledger beside a dictionary that follows the written rules."""

    def __init__(self, url: str = "sqlite://") -> None:
        super().__init__()
        self.database = Database(url)
        self.now = 1_700_000_000.0
        self.rows: dict[str, tuple[str, Charge, str, Charge | None]] = {}
        self.changes = 0

    def teardown(self) -> None:
        self.database.close()

    @rule(operation=OPERATIONS, scope=SCOPES, charge=CHARGES)
    def reserve(self, operation: str, scope: str, charge: Charge) -> None:
        caps = [cap for cap in CAPS if cap.scope in {scope, None}]
        known = self.rows.get(operation)
        self.now += 1
        try:
            with self.database.transaction() as connection:
                row = ledger.reserve(
                    connection, operation_id=operation, scope=scope, charge=charge, caps=caps, now=self.now
                )
        except OperationConflict:
            assert known is not None
            assert known[:2] != (scope, charge) or known[2] == "void"
        except BudgetExceeded as refusal:
            assert known is None
            assert not all(cap.fits(self.totals(cap.scope), charge) for cap in caps)
            assert refusal.left_epsilon_micro is not None
        else:
            assert row.operation_id == operation
            if known is None:
                assert all(cap.fits(self.totals(cap.scope), charge) for cap in caps)
                self.rows[operation] = (scope, charge, "reserved", None)
                self.changes += 1
            else:
                assert known[:2] == (scope, charge)
                assert row.state == known[2] != "void"

    @precondition(lambda self: self.rows)
    @rule(data=st.data())
    def again(self, data: st.DataObject) -> None:
        operation = data.draw(st.sampled_from(sorted(self.rows)))
        scope, charge, _, _ = self.rows[operation]
        self.reserve(operation, scope, charge)

    @rule(operation=OPERATIONS, actual=st.none() | CHARGES)
    def commit(self, operation: str, actual: Charge | None) -> None:
        known = self.rows.get(operation)
        self.now += 1
        try:
            with self.database.transaction() as connection:
                ledger.commit(connection, operation, self.now, actual)
        except UnknownOperation:
            assert known is None
            return
        except OperationConflict:
            assert known is not None
            _, charge, state, spent = known
            more = actual is not None and _exceeds(actual, charge)
            assert state == "void" or (state == "reserved" and more) or _price(spent) != _price(actual or charge)
            return
        assert known is not None
        scope, charge, state, spent = known
        assert state in {"reserved", "committed"}
        if state == "reserved":
            self.rows[operation] = (scope, charge, "committed", actual or charge)
            self.changes += 1

    @rule(operation=OPERATIONS)
    def void(self, operation: str) -> None:
        known = self.rows.get(operation)
        self.now += 1
        try:
            with self.database.transaction() as connection:
                ledger.void(connection, operation, self.now)
        except UnknownOperation:
            assert known is None
        except OperationConflict:
            assert known is not None
            assert known[2] == "committed"
        else:
            assert known is not None
            assert known[2] != "committed"
            self.changes += known[2] == "reserved"
            self.rows[operation] = (known[0], known[1], "void", None)

    def totals(self, scope: str | None) -> Totals:
        rows = [row for row in self.rows.values() if scope in {row[0], None}]
        reserved = [charge for _, charge, state, _ in rows if state == "reserved"]
        committed = [spent for _, _, _, spent in rows if spent is not None]
        return Totals(
            *(sum(c.epsilon_micro for c in reserved), sum(c.delta_e15 for c in reserved)),
            *(sum(c.epsilon_micro for c in committed), sum(c.delta_e15 for c in committed)),
        )

    @invariant()
    def the_ledger_is_the_table(self) -> None:
        with self.database.reading() as connection:
            for scope in ("north", "south", None):
                assert ledger.totals(connection, scope) == self.totals(scope)
            assert {row.operation_id: row.state for row in ledger.charges(connection)} == {
                operation: row[2] for operation, row in self.rows.items()
            }
            assert audit.verify(connection).index == self.changes

    @invariant()
    def no_cap_is_passed(self) -> None:
        assert self.totals("north").epsilon_micro <= 1_000_000
        assert self.totals("north").delta_e15 <= 10**9
        assert self.totals(None).epsilon_micro <= 1_500_000


LedgerMachine.TestCase.settings = settings(max_examples=20, stateful_step_count=30, deadline=None, derandomize=True)
TestLedger = LedgerMachine.TestCase


def test_the_same_on_postgresql(postgres: Server) -> None:
    fewer = settings(LedgerMachine.TestCase.settings, max_examples=4)
    run_state_machine_as_test(lambda: LedgerMachine(postgres.url(postgres.new_prefix())), settings=fewer)  # type: ignore[no-untyped-call]


def test_a_refusal_says_what_is_left_and_reserves_nothing() -> None:
    database = Database("sqlite://")
    with database.transaction() as connection:
        ledger.reserve(connection, operation_id="a", scope="north", charge=Charge(700_000, 10**8), caps=CAPS, now=1.0)
    with (
        pytest.raises(BudgetExceeded, match=r"epsilon 0\.3 and delta 9e-07 left in north") as refusal,
        database.transaction() as c,
    ):
        ledger.reserve(c, operation_id="b", scope="north", charge=Charge(300_001, 0), caps=CAPS, now=2.0)
    assert (refusal.value.left_epsilon_micro, refusal.value.left_delta_e15) == (300_000, 9 * 10**8)
    with database.reading() as connection:
        assert ledger.find_charge(connection, "b") is None
        assert audit.head(connection).index == 1


def test_a_charge_is_kept_or_lost_with_what_it_pays_for() -> None:
    database = Database("sqlite://")
    with pytest.raises(RuntimeError), database.transaction() as connection:
        ledger.reserve(connection, operation_id="a", scope="s", charge=Charge(1, 0), caps=[], now=1.0)
        raise RuntimeError
    with database.reading() as connection:
        assert ledger.charges(connection) == []
        assert audit.head(connection).index == 0


@pytest.mark.parametrize("name", ["", "two words", "line\nend", "name\u202e", "x" * 201, "a'; --", "ünïcode"])
def test_ids_that_may_not_be_written_to_the_log_are_refused(name: str) -> None:
    database = Database("sqlite://")
    for operation, scope in [(name, "s"), ("a", name)]:
        with pytest.raises(BudgetError, match="is no id"), database.transaction() as connection:
            ledger.reserve(connection, operation_id=operation, scope=scope, charge=Charge(1, 0), caps=[], now=1.0)


def test_an_event_is_a_json_object() -> None:
    database = Database("sqlite://")
    for event in [{"a": object()}, {"a": float("nan")}, {"a": 2**60}]:
        with pytest.raises(BudgetError, match="JSON"), database.transaction() as connection:
            ledger.reserve(connection, operation_id="a", scope="s", charge=Charge(1, 0, event), caps=[], now=1.0)


def test_a_total_is_fixed_by_whoever_comes_first() -> None:
    database = Database("sqlite://")
    with database.transaction() as connection:
        first = ledger.fix_total(connection, scope="s", epsilon_micro=10**6, delta_e15=10**9, now=1.0)
        assert ledger.fix_total(connection, scope="s", epsilon_micro=10**6, delta_e15=10**9, now=2.0) == first
        with pytest.raises(OperationConflict, match="fixed at epsilon 1, delta 1e-06"):
            ledger.fix_total(connection, scope="s", epsilon_micro=2 * 10**6, delta_e15=10**9, now=3.0)
        assert audit.head(connection).index == 1


def test_nothing_but_numbers_ids_and_fixed_words_gets_into_the_log() -> None:
    database = Database("sqlite://")
    for body in [{"a": "free text"}, {"A b": 1}, {"a": "x\ny"}, {"a": 2**53}]:
        with pytest.raises(AuditError), database.transaction() as connection:
            audit.append(connection, kind="test", body=body, now=1.0)
    with pytest.raises(AuditError), database.transaction() as connection:
        audit.append(connection, kind="Test kind", body={}, now=1.0)


def _exceeds(actual: Charge, charge: Charge) -> bool:
    return actual.epsilon_micro > charge.epsilon_micro or actual.delta_e15 > charge.delta_e15


def _price(charge: Charge | None) -> tuple[int, int] | None:
    return None if charge is None else (charge.epsilon_micro, charge.delta_e15)
