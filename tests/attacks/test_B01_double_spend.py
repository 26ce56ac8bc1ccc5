"""B1: processes that ask at the same moment never get more than there is."""

from __future__ import annotations

from collections.abc import Callable

from fedlore.store import audit, ledger
from fedlore.store.database import Database
from tests.attacks.racing import allocate_many, reserve_and_commit_one, reserve_many, together


def test_sixteen_processes_that_reserve_at_once_never_overspend(store_url: Callable[[str], str]) -> None:
    url = store_url("ledger")
    granted = together(reserve_many, [(url, f"p{n}", 4) for n in range(16)])
    assert min(granted) >= 0
    assert sum(granted) == 10
    with Database(url).reading() as connection:
        assert ledger.totals(connection, "scope").reserved_epsilon_micro == 1_000_000
        assert audit.verify(connection).index == 10


def test_sixteen_trackers_on_one_database_never_overspend(store_url: Callable[[str], str]) -> None:
    url = store_url("budget")
    granted = together(allocate_many, [(url, f"p{n}", 3) for n in range(16)])
    assert min(granted) >= 0
    assert sum(granted) == 10
    with Database(url).reading() as connection:
        assert ledger.totals(connection, "tracker").committed_epsilon_micro == 1_000_000


def test_sixteen_processes_that_do_one_operation_pay_for_it_once(store_url: Callable[[str], str]) -> None:
    url = store_url("ledger")
    assert together(reserve_and_commit_one, [(url,)] * 16) == [1] * 16
    with Database(url).reading() as connection:
        assert ledger.totals(connection).committed_epsilon_micro == 100_000
        assert audit.verify(connection).index == 2
