"""A7: where the log cannot be written, what it was to say does not happen either."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedlore.privacy.ledger import Charge
from fedlore.store import audit, ledger
from fedlore.store.database import Database, DatabaseError


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
