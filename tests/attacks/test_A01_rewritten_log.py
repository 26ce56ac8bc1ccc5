"""A1, A2: somebody with the database file in hand rewrites the log; verification says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fedlore.govern.audit.entry import AuditError, Head
from fedlore.privacy.ledger import Charge
from fedlore.store import audit, ledger
from fedlore.store.database import Database

_TRIGGERS = {
    "sqlite": "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgrelid::regclass::text, tgname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid "
    "WHERE NOT tgisinternal AND c.relnamespace::regnamespace::text = current_schema()::text",
}


@pytest.fixture
def url(store_url: Callable[[str], str]) -> str:
    url = store_url("ledger")
    database = Database(url)
    for n in range(4):
        with database.transaction() as connection:
            ledger.reserve(connection, operation_id=f"op{n}", scope="s", charge=Charge(n + 1, 0), caps=[], now=float(n))
    database.close()
    return url


def _verify(url: str, known: list[Head]) -> Head:
    with Database(url).reading() as connection:
        return audit.verify(connection, known=known)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET body = replace(body, 'micro\":2', 'micro\":1') WHERE entry_index = 2",
        "UPDATE audit_entries SET time_us = time_us + 1 WHERE entry_index = 4",
        "UPDATE audit_entries SET kind = 'budget.void' WHERE entry_index = 1",
        "DELETE FROM audit_entries WHERE entry_index = 2",
        "DELETE FROM audit_entries WHERE entry_index = 1",
        "UPDATE audit_entries SET entry_index = 9 WHERE entry_index = 3",
        "INSERT INTO audit_entries SELECT 5, entry_hash, 1, kind, body, substr(entry_hash || entry_hash, 7, 64) "
        "FROM audit_entries WHERE entry_index = 4",
    ],
)
def test_an_entry_edited_deleted_moved_or_added_by_hand_is_found(url: str, statement: str) -> None:
    assert _verify(url, []).index == 4
    _by_hand(url, statement)
    with pytest.raises(AuditError):
        _verify(url, [])


def test_a_tail_cut_by_hand_is_found_by_whoever_kept_the_head(url: str) -> None:
    kept = _verify(url, [])
    _by_hand(url, "DELETE FROM audit_entries WHERE entry_index > 2")
    assert _verify(url, []).index == 2
    with pytest.raises(AuditError, match="rolled back"):
        _verify(url, [kept])


def _by_hand(url: str, statement: str) -> None:
    with Database(url).transaction() as connection:
        kind = connection.dialect.name
        for table, trigger in connection.exec_driver_sql(_TRIGGERS[kind]).fetchall():
            connection.exec_driver_sql(f"DROP TRIGGER {trigger}" + (f" ON {table}" if kind == "postgresql" else ""))
        assert connection.exec_driver_sql(statement).rowcount >= 1
