"""What a participant paid for and never finished: its reservations end after `RESERVATION_DAYS` days, for good."""

from __future__ import annotations

from fedlore.store import contributions, ledger
from fedlore.store.audit import microseconds
from fedlore.store.database import Database


def give_up_overdue(database: Database, now: float) -> list[str]:
    """Let the reservations expire that are overdue at the Unix time ``now``, and of which nothing left; their ids.

    Of a round that was masked and never unmasked nothing can be opened without this participant, whose part in that is
    forgotten with it. Of an export that was never finished nothing was kept, and once expired it can never be.
    """
    with database.reading() as connection:
        late = ledger.overdue(connection, microseconds(now))
    if not late:
        return []
    given_up = []
    with database.transaction() as connection:
        for operation_id in late:
            charge = ledger.find_charge(connection, operation_id)
            is_export = charge is not None and charge.is_export
            if is_export or contributions.settle(connection, operation_id, "expired", now):
                ledger.expire(connection, operation_id, now)
                given_up.append(operation_id)
    return given_up
