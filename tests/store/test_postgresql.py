"""PostgreSQL: writers one at a time, limits of time, a schema for each store, and refusals that tell no secret."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from sqlalchemy.exc import IntegrityError

from fedlore.privacy.ledger import Charge
from fedlore.store import audit, ledger
from fedlore.store.database import Database, DatabaseError
from tests.postgres import Server

HOLD = """
import sys, time
from fedlore.store.database import Database
with Database(sys.argv[1]).transaction() as connection:
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def schema(postgres: Server) -> str:
    return postgres.new_prefix() + "store"


def _reserve(database: Database, operation: str) -> None:
    with database.transaction() as connection:
        ledger.reserve(connection, operation_id=operation, scope="s", charge=Charge(1, 0), caps=[], now=1.0)


def _told(error: BaseException | None) -> str:
    """What an error and all that led to it say."""
    return "" if error is None else f"{error!r}{error}{_told(error.__cause__ or error.__context__)}"


def test_each_session_has_its_limits_and_waits_for_the_disk(postgres: Server, schema: str) -> None:
    url = postgres.url(schema) + "&options=-csynchronous_commit%3Doff%20-clock_timeout%3D0"
    names = "search_path", "lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"
    with Database(url).transaction() as connection:
        found = [connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in (*names, "synchronous_commit")]
    assert found == [f'"{schema}"', "30s", "1min", "2min", "on"]


def test_two_stores_in_one_database_know_nothing_of_each_other(postgres: Server, schema: str) -> None:
    one, other = Database(postgres.url(schema)), Database(postgres.url(f"{schema}-Other.2"))
    with one.transaction() as connection:
        ledger.reserve(connection, operation_id="a", scope="s", charge=Charge(1, 0), caps=[], now=1.0)
        _reserve(other, "b")  # while the first is open: a lock for each
    for database, operation in ((one, "a"), (other, "b")):
        with database.reading() as connection:
            assert [row.operation_id for row in ledger.charges(connection)] == [operation]
            assert audit.verify(connection).index == 1


def test_a_reader_sees_one_state_while_others_write(postgres: Server, schema: str) -> None:
    database = Database(postgres.url(schema))
    _reserve(database, "a")
    with database.reading() as connection:
        assert len(ledger.charges(connection)) == 1
        _reserve(database, "b")
        assert len(ledger.charges(connection)) == 1
    with database.reading() as connection:
        assert len(ledger.charges(connection)) == 2


def test_who_waits_too_long_for_a_writer_is_told_so(postgres: Server, schema: str) -> None:
    url = postgres.url(schema)
    with Database(url).transaction(), pytest.raises(DatabaseError, match=r"stayed busy for 0.2 s .*lock timeout"):
        _reserve(Database(url, busy_seconds=0.2), "a")
    _reserve(Database(url, busy_seconds=0.2), "a")


def test_a_writer_that_was_killed_holds_nobody_up(postgres: Server, schema: str) -> None:
    url = postgres.url(schema)
    command = [sys.executable, "-c", HOLD, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(DatabaseError, match="stayed busy"):
            _reserve(Database(url, busy_seconds=0.1), "a")
        holder.kill()
    _reserve(Database(url), "a")


def test_a_server_that_went_away_and_came_back_is_used_again(postgres: Server, schema: str) -> None:
    database = Database(postgres.url(schema))
    _reserve(database, "a")
    ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fedlore'"
    with pytest.raises(DatabaseError, match="cannot be used"), database.transaction() as connection:
        postgres.run(ours)
        ledger.reserve(connection, operation_id="b", scope="s", charge=Charge(1, 0), caps=[], now=1.0)
    _reserve(database, "c")
    postgres.run(ours)
    _reserve(database, "d")
    with database.reading() as connection:
        assert [row.operation_id for row in ledger.charges(connection)] == ["a", "c", "d"]
        assert audit.verify(connection).index == 3


def test_nobody_empties_a_table_of_the_log(postgres: Server, schema: str) -> None:
    database = Database(postgres.url(schema))
    with database.transaction() as connection:
        ledger.fix_total(connection, scope="s", epsilon_micro=5, delta_e15=0, now=1.0)
    for table in ("audit_entries", "charges", "charge_projects", "budgets"):
        with pytest.raises(IntegrityError, match=r"never|once"), database.transaction() as connection:
            connection.exec_driver_sql(f"TRUNCATE {table} CASCADE")
    with database.reading() as connection:
        assert audit.verify(connection).index == 1


def test_words_are_sorted_as_everywhere_else(postgres: Server, schema: str) -> None:
    with Database(postgres.url(schema)).reading():
        pass
    found = postgres.run(
        "SELECT table_name, collation_name FROM information_schema.columns "  # noqa: S608
        f"WHERE table_schema = '{schema}' AND column_name IN ('operation_id', 'scope', 'project', 'organization')"
    )
    assert len(found) >= 5
    assert {collation for _, collation in found} == {"C"}


def test_threads_that_make_one_store_at_once_make_it_once(postgres: Server, schema: str) -> None:
    failures: list[BaseException] = []

    def reserve(number: int) -> None:
        try:
            _reserve(Database(postgres.url(schema)), f"op{number}")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=reserve, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with Database(postgres.url(schema)).reading() as connection:
        assert audit.verify(connection).index == 8


def test_a_schema_of_something_else_or_of_another_version_is_refused(postgres: Server, schema: str) -> None:
    postgres.run(f'CREATE SCHEMA "{schema}"', f'CREATE TABLE "{schema}".mine (a integer)')
    with pytest.raises(DatabaseError, match=f"schema {schema} of .* has schema version 0; this fedlore reads"):
        _reserve(Database(postgres.url(schema)), "a")
    _reserve(Database(postgres.url(f"{schema}2")), "a")
    postgres.run("UPDATE schema_version SET version = 99", schema=f"{schema}2")
    with pytest.raises(DatabaseError, match="has schema version 99"):
        _reserve(Database(postgres.url(f"{schema}2")), "a")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://me:hunter2@127.0.0.1:1/db", "cannot be opened: connection failed"),
        ("postgresql://127.0.0.1:1/db?user=me&password=hunter2", "cannot be opened: connection failed"),
        ("postgresql+psycopg2://me:hunter2@host/db", r"reached by postgresql\+psycopg://"),
        ("postgresql://me:very@hunter2@host/db", "write an @ within the password as %40"),
        ("postgresql://me:hunter2@host", "names a PostgreSQL database"),
        ("postgresql://me:hunter2@host/db?schema=hunter2%22", "is one name of"),
        ("postgresql://me:hunter2@host/db?secrets=1", "cannot be opened"),
    ],
)
def test_a_refusal_is_one_sentence_without_secrets(url: str, words: str) -> None:
    with pytest.raises(DatabaseError, match=words) as refusal:
        _reserve(Database(url), "a")
    assert "\n" not in str(refusal.value)
    assert "hunter2" not in _told(refusal.value)
    assert "me:" not in str(refusal.value)


def test_a_wrong_password_is_told_without_it(postgres: Server, schema: str) -> None:
    postgres.run("DROP ROLE IF EXISTS locked_out", "CREATE ROLE locked_out LOGIN PASSWORD 'right'")
    url = postgres.url(schema, user="locked_out:almost-right")
    with pytest.raises(DatabaseError, match="password authentication failed") as refusal:
        _reserve(Database(url), "a")
    assert "almost-right" not in _told(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_missing_driver_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(DatabaseError, match=r"pip install 'fedlore\[postgres\]'"):
        _reserve(Database("postgresql://host/db"), "a")


def test_a_statement_that_fails_tells_no_values(postgres: Server, schema: str) -> None:
    with pytest.raises(DatabaseError) as refusal, Database(postgres.url(schema)).transaction() as connection:
        connection.exec_driver_sql("SELECT %s::text::integer FROM nowhere", ("kept to ourselves",))
    assert "kept to ourselves" not in _told(refusal.value)
