"""Rules that the database itself keeps: what the code never does is refused to a hand at the database as well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Table

_RULES = "rules"
# SQLSTATE 23000 is that of a broken constraint, so both kinds of database raise `IntegrityError`.
_FUNCTION = """
CREATE OR REPLACE FUNCTION fedlore_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = '23000'; END $$
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """An ``action`` (UPDATE or DELETE) on a table that is refused with a message, where ``condition`` holds.

    The condition is SQL over the rows ``old`` and ``new``; an empty one always holds.
    """

    table: str
    action: str
    message: str
    condition: str

    @property
    def name(self) -> str:
        return f"{self.table}_refuse_{self.action.lower()}"

    def in_sqlite(self) -> Iterator[str]:
        when = f"WHEN {self.condition}" if self.condition else ""
        yield f"DROP TRIGGER IF EXISTS {self.name}"
        yield (
            f"CREATE TRIGGER {self.name} BEFORE {self.action} ON {self.table} {when} "
            f"BEGIN SELECT RAISE(ABORT, '{self.message}'); END"
        )

    def in_postgresql(self) -> Iterator[str]:
        """The same, and for DELETE also TRUNCATE, which is none there."""
        when = f"WHEN ({self.condition})" if self.condition else ""
        yield f"DROP TRIGGER IF EXISTS {self.name} ON {self.table}"
        refused = f"EXECUTE FUNCTION fedlore_refuse('{self.message}')"
        yield f"CREATE TRIGGER {self.name} BEFORE {self.action} ON {self.table} FOR EACH ROW {when} {refused}"
        if self.action == "DELETE":
            yield f"DROP TRIGGER IF EXISTS {self.table}_refuse_truncate ON {self.table}"
            yield f"CREATE TRIGGER {self.table}_refuse_truncate BEFORE TRUNCATE ON {self.table} {refused}"


def refuse(table: Table, action: str, message: str, condition: str = "") -> None:
    """Add a rule to a table."""
    table.info.setdefault(_RULES, []).append(Rule(table.name, action, message, condition))


def make_rules(connection: Connection, tables: Iterable[Table]) -> None:
    """Make the rules of these tables as they are now, in place of what is there."""
    sqlite = connection.dialect.name == "sqlite"
    rules: list[Rule] = [rule for table in tables for rule in table.info.get(_RULES, [])]
    if rules and not sqlite:
        connection.exec_driver_sql(_FUNCTION)
    for rule in rules:
        for statement in rule.in_sqlite() if sqlite else rule.in_postgresql():
            connection.exec_driver_sql(statement)
