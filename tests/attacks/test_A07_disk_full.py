"""A7: where the log cannot be written, what it was to say does not happen either."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedlore.privacy.ledger import Charge
from fedlore.store import audit, ledger
from fedlore.store.database import Database, DatabaseError
from tests.postgres import Server


def test_a_full_disk_leaves_neither_charge_nor_entry(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    kept = 0
    with pytest.raises(DatabaseError, match="full"):
        for n in range(10_000):
            with database.transaction() as connection:
                pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
                connection.exec_driver_sql(f"PRAGMA max_page_count = {max(pages, 40)}")
                event = {"padding": "x" * 3000}
                charge = Charge(1, 0, event)
                ledger.reserve(connection, operation_id=f"op{n}", scope="s", charge=charge, caps=[], now=1.0)
            kept += 1
    assert 0 < kept < 1000
    with database.reading() as connection:
        assert len(ledger.charges(connection)) == kept
        assert ledger.totals(connection).reserved_epsilon_micro == kept
        assert audit.verify(connection).index == kept


def test_a_log_that_postgresql_has_no_room_for_takes_the_charge_with_it(postgres: Server) -> None:
    schema = postgres.new_prefix()
    database = Database(postgres.url(schema))

    def reserve(operation: str) -> None:
        with database.transaction() as connection:
            ledger.reserve(connection, operation_id=operation, scope="s", charge=Charge(1, 0), caps=[], now=1.0)

    reserve("kept")
    postgres.run(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION USING MESSAGE = 'no room', ERRCODE = 'disk_full'; END $$",
        "CREATE TRIGGER full_disk BEFORE INSERT ON audit_entries EXECUTE FUNCTION full_disk()",
        schema=schema,
    )
    with pytest.raises(DatabaseError, match="cannot be used: no room"):
        reserve("lost")
    with database.reading() as connection:
        assert [row.operation_id for row in ledger.charges(connection)] == ["kept"]
        assert audit.verify(connection).index == 1
