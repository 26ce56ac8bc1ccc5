"""One database for all threads and processes: durable, private to its owner, and of a schema that is known."""

from __future__ import annotations

import multiprocessing
import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select
from sqlalchemy.exc import IntegrityError

from fedlore.privacy.ledger import Charge
from fedlore.store import audit, ledger, tables
from fedlore.store.database import SCHEMA_VERSION, Database, DatabaseError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "ledger.db"


def _reserve(database: Database, operation: str) -> None:
    with database.transaction() as connection:
        ledger.reserve(connection, operation_id=operation, scope="s", charge=Charge(1, 0), caps=[], now=1.0)


def test_a_new_database_is_its_owners_alone_and_durable(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    assert not path.exists()
    _reserve(database, "a")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.with_name("ledger.db-wal").stat().st_mode) == 0o600
    with database.reading() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "user_version")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
        "user_version": SCHEMA_VERSION,
    }


def test_another_object_reads_what_was_written(store_url: Callable[[str], str]) -> None:
    first, second = Database(store_url("a")), Database(store_url("a"))
    _reserve(first, "a")
    with second.reading() as connection:
        assert [row.operation_id for row in ledger.charges(connection)] == ["a"]
    first.close()
    _reserve(first, "b")
    with second.reading() as connection:
        assert [row.operation_id for row in ledger.charges(connection)] == ["a", "b"]


def test_reading_keeps_nothing(store_url: Callable[[str], str]) -> None:
    database = Database(store_url("a"))
    with database.reading() as connection:
        ledger.reserve(connection, operation_id="a", scope="s", charge=Charge(1, 0), caps=[], now=1.0)
    with database.reading() as connection:
        assert ledger.charges(connection) == []


@pytest.mark.parametrize("in_memory", [True, False])
def test_threads_share_one_database_and_lose_nothing(in_memory: bool, store_url: Callable[[str], str]) -> None:
    database = Database("sqlite://" if in_memory else store_url("a"))
    threads = [threading.Thread(target=_reserve, args=(database, f"op{n}")) for n in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as connection:
        assert len(ledger.charges(connection)) == 24
        assert audit.verify(connection).index == 24


def test_a_forked_process_opens_connections_of_its_own(store_url: Callable[[str], str]) -> None:
    database = Database(store_url("a"))
    _reserve(database, "parent")
    child = multiprocessing.get_context("fork").Process(target=_reserve, args=(database, "child"))
    child.start()
    child.join()
    assert child.exitcode == 0
    _reserve(database, "parent-again")
    with database.reading() as connection:
        assert {row.operation_id for row in ledger.charges(connection)} == {"parent", "child", "parent-again"}


def test_tables_that_a_later_module_brings_are_made_then(
    store_url: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = MetaData()
    for table in tables.metadata.tables.values():
        table.to_metadata(own)
    monkeypatch.setattr("fedlore.store.database.metadata", own)
    database = Database(store_url("a"))
    _reserve(database, "a")
    later = Table("later", own, Column("number", Integer, primary_key=True))
    with database.transaction() as connection:
        connection.execute(insert(later).values(number=7))
    with Database(store_url("a")).reading() as connection:
        assert connection.execute(select(later.c.number)).scalar_one() == 7


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET body = '{}'",
        "DELETE FROM audit_entries",
        "DELETE FROM charges",
        "UPDATE charges SET epsilon_micro = 1",
        "UPDATE charges SET state = 'reserved', settled_at_us = NULL, actual_epsilon_micro = NULL",
        "UPDATE charges SET state = 'void', settled_at_us = 2, actual_epsilon_micro = NULL",
        "UPDATE charges SET event = '{}'",
        "UPDATE budgets SET epsilon_micro = 9",
        "DELETE FROM budgets",
    ],
)
def test_the_database_itself_refuses_to_rewrite_what_was_logged_or_spent(
    store_url: Callable[[str], str], statement: str
) -> None:
    database = Database(store_url("a"))
    with database.transaction() as connection:
        ledger.fix_total(connection, scope="s", epsilon_micro=5, delta_e15=0, now=1.0)
        ledger.reserve(connection, operation_id="a", scope="s", charge=Charge(2, 0), caps=[], now=1.0)
        ledger.commit(connection, "a", 2.0)
        assert [row.state for row in ledger.charges(connection)] == ["committed"]
    with pytest.raises(IntegrityError), database.transaction() as connection:
        connection.exec_driver_sql(statement)


def test_a_database_of_another_version_or_of_something_else_is_refused(path: Path) -> None:
    _reserve(Database(f"sqlite:///{path}"), "a")
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(DatabaseError, match=r"schema version 99; this fedlore reads 2"):
        _reserve(Database(f"sqlite:///{path}"), "b")
    foreign = path.with_name("foreign.db")
    with sqlite3.connect(foreign) as other:
        other.execute("CREATE TABLE mine (a)")
    other.close()
    with pytest.raises(DatabaseError, match="schema version 0"):
        _reserve(Database(f"sqlite:///{foreign}"), "b")
    nonsense = path.with_name("nonsense.db")
    nonsense.write_bytes(b"no database at all, but long enough to look at" * 30)
    with pytest.raises(DatabaseError, match="not a database"):
        _reserve(Database(f"sqlite:///{nonsense}"), "b")
    with pytest.raises(DatabaseError, match="directory"):
        _reserve(Database(f"sqlite:///{path.parent}"), "b")


@pytest.mark.parametrize("url", ["ledger.db", "mysql://user:secret@host/db", "", "nothing://"])
def test_addresses_of_no_supported_database_are_refused_without_their_secrets(url: str) -> None:
    with pytest.raises(DatabaseError) as refusal:
        Database(url)
    assert "secret" not in str(refusal.value)
