"""The steps from one version of the schema to the next: forward only, all of them in one transaction.

A step says what it does in the words of its own time, never by the tables as they are now: those move on. Tables that
a database does not have yet are made as they are now, so a step for one is left out there. Triggers are made anew after
the last step (`fedlore.store.rules`), so no step needs to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, inspect


@dataclass(frozen=True, slots=True)
class Step:
    """What makes ``table`` as it is in ``version`` of what it was in the version before, in each kind's own SQL."""

    version: int
    table: str
    sqlite: tuple[str, ...]
    postgresql: tuple[str, ...]


# Charges may expire. SQLite cannot change a check, so the table is copied; no PostgreSQL database has version 1.
_EXPIRED_CHARGES = (
    """
    CREATE TABLE charges_2 (
        operation_id VARCHAR(200) NOT NULL,
        scope VARCHAR(200) NOT NULL,
        state VARCHAR(16) NOT NULL,
        epsilon_micro BIGINT NOT NULL,
        delta_e15 BIGINT NOT NULL,
        actual_epsilon_micro BIGINT,
        actual_delta_e15 BIGINT,
        event TEXT NOT NULL,
        reserved_at_us BIGINT NOT NULL,
        settled_at_us BIGINT,
        expires_at_us BIGINT DEFAULT '0' NOT NULL,
        PRIMARY KEY (operation_id),
        CONSTRAINT charges_state CHECK (state IN ('reserved', 'committed', 'void', 'expired')),
        CONSTRAINT charges_price CHECK (epsilon_micro > 0 AND delta_e15 >= 0),
        CONSTRAINT charges_actual CHECK ((state = 'committed') = (actual_epsilon_micro IS NOT NULL)),
        CONSTRAINT charges_settled CHECK ((state = 'reserved') = (settled_at_us IS NULL))
    )
    """,
    """
    INSERT INTO charges_2
    SELECT operation_id, scope, state, epsilon_micro, delta_e15, actual_epsilon_micro, actual_delta_e15, event,
           reserved_at_us, settled_at_us, 0
    FROM charges
    """,
    "DROP TABLE charges",
    "ALTER TABLE charges_2 RENAME TO charges",
    "CREATE INDEX charges_scope_state ON charges (scope, state)",
)

STEPS: tuple[Step, ...] = (Step(2, "charges", sqlite=_EXPIRED_CHARGES, postgresql=()),)
SCHEMA_VERSION = STEPS[-1].version


def migrate(connection: Connection, version: int, steps: Sequence[Step] = STEPS) -> None:
    """Take a schema of ``version`` forward to the last step's, in the caller's transaction."""
    there = set(inspect(connection).get_table_names())
    for step in steps:
        if step.version > version and step.table in there:
            for statement in step.sqlite if connection.dialect.name == "sqlite" else step.postgresql:
                connection.exec_driver_sql(statement)
