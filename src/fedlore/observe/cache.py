"""Facts about blobs kept between runs in one SQLite file: a second run reads only what is new."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fedlore.observe.blobs import Facts

Key = tuple[str, str]
"""A blob's id, and the kind that it is read as."""

_BUSY_SECONDS = 30.0
_TABLE = """
CREATE TABLE IF NOT EXISTS facts (
    version TEXT NOT NULL, blob TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (version, blob, kind)
) WITHOUT ROWID
"""


class FactCache:
    """Facts by blob and kind, all under one version of the rules; it never fails, at worst it forgets.

    Several processes may share one file (write-ahead log, waiting for locks). A file that is broken is removed, one
    that cannot be used is left alone; both times the facts of this run live in memory only.
    """

    def __init__(self, connection: sqlite3.Connection, version: str, path: Path | None) -> None:
        self._connection = connection
        self._version = version
        self._path = path

    def get(self, keys: Iterable[Key]) -> dict[Key, Facts]:
        """The facts that are known; entries that cannot be read count as unknown."""
        found: dict[Key, Facts] = {}
        query = "SELECT value FROM facts WHERE version = ? AND blob = ? AND kind = ?"
        try:
            for key in keys:
                row = self._connection.execute(query, (self._version, *key)).fetchone()
                if row is not None:
                    with contextlib.suppress(ValueError, TypeError):
                        found[key] = Facts.from_json(row[0])
        except sqlite3.DatabaseError as error:
            self._give_up(error)
        return found

    def put(self, facts: Mapping[Key, Facts]) -> None:
        """Keep these facts, in one transaction; facts of other versions of the rules are dropped."""
        rows = [(self._version, blob, kind, fact.to_json()) for (blob, kind), fact in facts.items()]
        if not rows:
            return
        try:
            with self._connection:
                self._connection.execute("DELETE FROM facts WHERE version <> ?", (self._version,))
                self._connection.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?)", rows)
        except sqlite3.DatabaseError as error:
            self._give_up(error)

    def close(self) -> None:
        self._connection.close()

    def _give_up(self, error: sqlite3.DatabaseError) -> None:
        self.close()
        if self._path is not None and _is_broken(error):
            _remove(self._path)
        self._connection, self._path = _in_memory(), None


@contextmanager
def fact_cache(path: Path | None, version: str) -> Iterator[FactCache]:
    """The cache in the SQLite file at ``path``, made if absent, readable by its owner only; in memory if None."""
    connection = None if path is None else _connect(path)
    cache = FactCache(connection or _in_memory(), version, path if connection else None)
    try:
        yield cache
    finally:
        cache.close()


def _connect(path: Path) -> sqlite3.Connection | None:
    for _ in range(2):
        connection = None
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
            connection = sqlite3.connect(path, timeout=_BUSY_SECONDS)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(_TABLE)
        except (OSError, sqlite3.DatabaseError) as error:
            if connection is not None:
                connection.close()
            if not _is_broken(error):
                return None
            _remove(path)
        else:
            return connection
    return None


def _in_memory() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute(_TABLE)
    return connection


def _is_broken(error: Exception) -> bool:
    """Whether the file is no database or a damaged one, rather than locked, forbidden or on a full disk."""
    return isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(OSError):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
