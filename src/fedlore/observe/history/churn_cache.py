"""Keep how many lines a change adds and deletes: it depends on the two blobs and on nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fedlore.observe.sqlite_file import SqliteFile

TABLE = """
CREATE TABLE IF NOT EXISTS churn (
    version INTEGER NOT NULL, old BLOB NOT NULL, new BLOB NOT NULL, added INTEGER NOT NULL, deleted INTEGER NOT NULL,
    PRIMARY KEY (version, old, new)
) WITHOUT ROWID
"""
_VERSION = 1
"""To be raised whenever the same two blobs would be counted in another way."""

Pair = tuple[bytes, bytes]
"""The ids of the blob before and the blob after a change; zeros for none."""

Lines = tuple[int, int]
"""Lines added and deleted; -1 each for what is no text."""


def recall_lines(file: SqliteFile, pairs: Iterable[Pair]) -> dict[Pair, Lines]:
    """The lines of those pairs that are known."""
    query = "SELECT added, deleted FROM churn WHERE version = ? AND old = ? AND new = ?"
    return {pair: lines for pair in pairs for lines in file.rows(query, (_VERSION, *pair))}


def keep_lines(file: SqliteFile, lines: Mapping[Pair, Lines]) -> None:
    """Keep the lines of these pairs; those counted in another way are dropped."""
    if lines:
        file.change(
            ("DELETE FROM churn WHERE version <> ?", [(_VERSION,)]),
            ("INSERT OR REPLACE INTO churn VALUES (?, ?, ?, ?, ?)", [(_VERSION, *p, *n) for p, n in lines.items()]),
        )
