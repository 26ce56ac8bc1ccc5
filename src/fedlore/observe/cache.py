"""What is kept between runs in one SQLite file, so that a second run reads only what is new."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fedlore.observe.blobs import Facts
from fedlore.observe.history import churn_cache, history_cache
from fedlore.observe.salt import local_salt
from fedlore.observe.seals import sealed, unsealed
from fedlore.observe.sqlite_file import SqliteFile

Key = tuple[str, str]
"""A blob's id, and the kind that it is read as."""

_TABLE = """
CREATE TABLE IF NOT EXISTS facts (
    version TEXT NOT NULL, blob TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (version, blob, kind)
) WITHOUT ROWID
"""


class FactCache:
    """Facts by blob and kind, all under one version of the rules; it never fails, at worst it forgets.

    ``file`` also holds histories and counted lines (see `history_cache` and `churn_cache`). ``salt`` is what people
    are hashed with: that of all repositories which share the file.
    """

    def __init__(self, file: SqliteFile, version: str, salt: bytes) -> None:
        self.file = file
        self.salt = salt
        self._version = version

    def get(self, keys: Iterable[Key]) -> dict[Key, Facts]:
        """The facts that are known; entries that are not as they were kept count as unknown."""
        found: dict[Key, Facts] = {}
        query = "SELECT value FROM facts WHERE version = ? AND blob = ? AND kind = ?"
        for key in keys:
            for (value,) in self.file.rows(query, (self._version, *key)):
                text = unsealed(value, self.salt, self._version, *key)
                if text is not None:
                    found[key] = Facts.from_json(text)
        return found

    def put(self, facts: Mapping[Key, Facts]) -> None:
        """Keep these facts, in one transaction; facts of other versions of the rules are dropped."""
        rows = [
            (self._version, *key, sealed(fact.to_json(), self.salt, self._version, *key)) for key, fact in facts.items()
        ]
        if rows:
            self.file.change(
                ("DELETE FROM facts WHERE version <> ?", [(self._version,)]),
                ("INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?)", rows),
            )


@contextmanager
def fact_cache(path: Path | None, version: str, salt: bytes | None = None) -> Iterator[FactCache]:
    """The cache in the SQLite file at ``path``, made if absent, readable by its owner only; in memory if None.

    Where no ``salt`` is given it is that of a file beside ``path`` (see `salt.local_salt`).
    """
    file = SqliteFile(path, (_TABLE, history_cache.TABLE, churn_cache.TABLE))
    try:
        yield FactCache(file, version, salt or local_salt(path))
    finally:
        file.close()
