"""Keep how many lines a change adds and deletes in one repository: it depends on the two blobs.

Git compares blobs without checking that they hold what their names say, so nothing is shared with other repositories.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fedlore.observe.sqlite_file import SqliteFile

TABLE = """
CREATE TABLE IF NOT EXISTS lines (
    version INTEGER NOT NULL, repository TEXT NOT NULL, old BLOB NOT NULL, new BLOB NOT NULL,
    added INTEGER NOT NULL, deleted INTEGER NOT NULL, PRIMARY KEY (version, repository, old, new)
) WITHOUT ROWID
"""
_VERSION = 1
"""To be raised whenever the same two blobs would be counted in another way."""

_MOST_LINES = 1 << 30

Pair = tuple[bytes, bytes]
"""The ids of the blob before and the blob after a change; zeros for none."""

Lines = tuple[int, int]
"""Lines added and deleted; -1 each for what is no text."""


def recall_lines(file: SqliteFile, repository: str, pairs: Iterable[Pair]) -> dict[Pair, Lines]:
    """The lines of those pairs that are known of this repository (see `history_cache.history_key`)."""
    query = "SELECT added, deleted FROM lines WHERE version = ? AND repository = ? AND old = ? AND new = ?"
    rows = ((pair, lines) for pair in pairs for lines in file.rows(query, (_VERSION, repository, *pair)))
    return {pair: (added, deleted) for pair, (added, deleted) in rows if _is_count(added) and _is_count(deleted)}


def keep_lines(file: SqliteFile, repository: str, lines: Mapping[Pair, Lines]) -> None:
    """Keep the lines of these pairs; those counted in another way are dropped."""
    if lines:
        rows = [(_VERSION, repository, *pair, *numbers) for pair, numbers in lines.items()]
        file.change(
            ("DELETE FROM lines WHERE version <> ?", [(_VERSION,)]),
            ("INSERT OR REPLACE INTO lines VALUES (?, ?, ?, ?, ?, ?)", rows),
        )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and -1 <= value < _MOST_LINES
