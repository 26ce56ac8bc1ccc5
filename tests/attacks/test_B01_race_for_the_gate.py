"""B1: processes that ask the filters of one adaptive cap at the same moment never get more than the filters admit."""

from __future__ import annotations

from collections.abc import Callable

from fedlore.privacy.filters import Spent, admits
from fedlore.privacy.ledger import BudgetExceeded, Cap, Charge
from fedlore.privacy.room import rounds_left
from fedlore.store import audit, charges, ledger
from fedlore.store.database import Database
from tests.attacks.racing import together

GAUSSIAN = {"mechanism": "discrete gaussian", "noise_multiplier": 8.0, "count": 1, "distance": 0.0}
CHARGE = Charge(600_000, 10**9, GAUSSIAN)
CAP = Cap("scope", 2_000_000, 10**10, adaptive=True)
PROJECT = Cap("each-project", 1_500_000, 10**10, adaptive=True)


def _reserve_many(url: str, name: str, tries: int) -> int:
    database, granted = Database(url), 0
    for turn in range(tries):
        try:
            with database.transaction() as connection:
                ledger.reserve(
                    connection, operation_id=f"{name}.{turn}", scope="scope", charge=CHARGE, caps=[CAP], now=1.0
                )
            granted += 1
        except BudgetExceeded:
            pass
    return granted


def _cover_many(url: str, scope: str, tries: int) -> int:
    """The same project again and again, from a scope of its own each time."""
    database, granted = Database(url), 0
    coverage = ledger.Coverage(frozenset({"project"}), PROJECT)
    for turn in range(tries):
        try:
            with database.transaction() as connection:
                ledger.reserve(
                    connection,
                    operation_id=f"{scope}.{turn}",
                    scope=scope,
                    charge=CHARGE,
                    caps=[],
                    now=1.0,
                    coverage=coverage,
                )
            granted += 1
        except BudgetExceeded:
            pass
    return granted


def test_sixteen_processes_get_what_the_filters_admit_and_no_more(store_url: Callable[[str], str]) -> None:
    url, most = store_url("ledger"), rounds_left(CAP, Spent(), CHARGE)
    assert 3 < most < 32  # more than the plain sums, fewer than are asked for
    granted = together(_reserve_many, [(url, f"p{n}", 2) for n in range(16)])
    assert min(granted) >= 0
    assert sum(granted) == most
    with Database(url).reading() as connection:
        assert not admits(CAP, charges.spent(connection, CAP), CHARGE)
        assert audit.verify(connection).index == most


def test_one_project_in_sixteen_federations_pays_within_its_own_cap(store_url: Callable[[str], str]) -> None:
    url, most = store_url("ledger"), rounds_left(PROJECT, Spent(), CHARGE)
    assert 2 < most < 16
    assert sum(together(_cover_many, [(url, f"f{n}", 1) for n in range(16)])) == most
    with Database(url).reading() as connection:
        assert charges.spent_by_project(connection)["project"].charges == most
