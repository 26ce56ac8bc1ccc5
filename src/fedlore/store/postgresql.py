"""PostgreSQL by psycopg: one schema for each store, and one advisory lock for each transaction that writes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from fedlore.store.backend import DatabaseError, Mode

SCHEMA = "fedlore"
CONNECT_SECONDS = 10
IDLE_SECONDS = 120.0  # whoever holds the lock and does nothing for so long has lost its machine or its mind
_DRIVER = "postgresql+psycopg"
_NAME = re.compile(r"[A-Za-z0-9._~-]{1,63}")
_THERE = "SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = %s"
_TABLES = (
    "SELECT relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "WHERE nspname = %s AND relkind IN ('r', 'p', 'v', 'm')"
)
_VERSION = "schema_version"
# A database that gives up durability for speed is asked for it again; a stricter setting stays.
_SETTINGS = """
SELECT set_config('search_path', %s, false),
       set_config('lock_timeout', %s, false),
       set_config('statement_timeout', %s, false),
       set_config('idle_in_transaction_session_timeout', %s, false),
       set_config('synchronous_commit', CASE current_setting('synchronous_commit')
                  WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false)
"""


@dataclass(frozen=True, slots=True)
class Postgresql:
    """The tables in one ``schema`` of the database that ``url`` names; use `postgresql` to make one.

    Writers wait for each other at an advisory lock of the transaction, named after the schema: it is free again at the
    transaction's end, however that comes. They then see all that is committed (READ COMMITTED takes a new snapshot for
    each statement, after the lock); readers see one snapshot (REPEATABLE READ) and wait for nobody.
    """

    url: URL
    schema: str
    busy_seconds: float

    @property
    def name(self) -> str:
        host = self.url.host or self.url.query.get("host") or "this machine"
        return f"the schema {self.schema} of the PostgreSQL database {self.url.database} on {host}"

    @property
    def one_connection(self) -> bool:
        return False

    def engine(self) -> Engine:
        try:
            engine = create_engine(
                self.url,
                connect_args={
                    "prepare_threshold": None
                },  # poolers between here and the server lose prepared statements
                pool_size=1,  # at rest; many stores on one machine share the server's connections
                max_overflow=63,
                pool_timeout=self.busy_seconds,
                pool_pre_ping=True,
                hide_parameters=True,
                # The ledger asks whether a conditional INSERT inserted; without this the driver's answer is lost.
                execution_options={"preserve_rowcount": True},
            )
        except ImportError:
            raise DatabaseError("PostgreSQL needs the extra postgres: pip install 'fedlore[postgres]'") from None
        event.listen(engine, "connect", self._configure)
        return engine

    def begin(self, connection: Connection, mode: Mode) -> None:
        if mode == "read":
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        else:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (self._lock,))

    def found(self, connection: Connection) -> int | None:
        tables = set(connection.exec_driver_sql(_TABLES, (self.schema,)).scalars())
        if _VERSION in tables:
            return self.version(connection)
        return 0 if tables else None

    def version(self, connection: Connection) -> int:
        return int(connection.exec_driver_sql(f"SELECT version FROM {_VERSION}").scalar_one())  # noqa: S608

    def set_version(self, connection: Connection, version: int) -> None:
        if not connection.exec_driver_sql(_THERE, (self.schema,)).scalar_one():
            connection.exec_driver_sql(f'CREATE SCHEMA "{self.schema}"')
        connection.exec_driver_sql(f"CREATE TABLE IF NOT EXISTS {_VERSION} (version integer NOT NULL)")
        connection.exec_driver_sql(f"DELETE FROM {_VERSION}")  # noqa: S608
        connection.exec_driver_sql(f"INSERT INTO {_VERSION} VALUES (%s)", (version,))  # noqa: S608

    @property
    def _lock(self) -> int:
        digest = hashlib.sha256(f"fedlore.store:{self.schema}".encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True)

    def _configure(self, connection: Any, _record: Any) -> None:
        busy = round(self.busy_seconds * 1000)
        limits = f"{busy}ms", f"{2 * busy}ms", f"{IDLE_SECONDS:g}s"
        connection.execute(_SETTINGS, (f'"{self.schema}"', *limits))
        connection.commit()


def postgresql(url: URL, busy_seconds: float) -> Postgresql:
    """The store of ``postgresql://user:password@host/database?schema=name``; raises `DatabaseError` for a wrong URL."""
    if url.drivername not in {"postgresql", _DRIVER}:
        raise DatabaseError(f"PostgreSQL is reached by {_DRIVER}://, not by {url.drivername}://")
    if not url.database or "@" in f"{url.host}{url.database}":
        raise DatabaseError(
            f"{_DRIVER}://user:password@host/database names a PostgreSQL database; "
            "write an @ within the password as %40"
        )
    schema = url.query.get("schema", SCHEMA)
    if not isinstance(schema, str) or not _NAME.fullmatch(schema):
        raise DatabaseError("the schema of a PostgreSQL URL is one name of up to 63 letters, digits and ._~-")
    defaults = {"connect_timeout": str(CONNECT_SECONDS), "fallback_application_name": "fedlore"}
    given = {name: value for name, value in url.query.items() if name != "schema"}
    query = {**defaults, **given, "client_encoding": "utf8"}
    return Postgresql(url.set(drivername=_DRIVER, query=query), schema, busy_seconds)
