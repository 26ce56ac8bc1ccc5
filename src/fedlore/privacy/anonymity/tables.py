"""Tables of projects and stories as records: which columns are sensitive, and how each may be made coarser."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from fedlore.privacy.anonymity.columns import AnonymityError, Column, Records, halved
from fedlore.privacy.synthetic.projects import ABSENT
from fedlore.privacy.synthetic.table import Table

YES_NO = ("no", "yes")
STORY_SENSITIVE = ("points", "tasks_done")
"""What a team estimated and how far it came: not known to those who know what the story is."""
_STATUS_GROUPS = {
    "backlog": "not begun",
    "ready-for-dev": "not begun",
    "in-progress": "under way",
    "review": "under way",
    "done": "ended",
    "blocked": "put off",
    "deferred": "put off",
    "dropped": "given up",
    "other": "unknown",
}


def with_columns(table: Table, names: Sequence[str]) -> Table:
    """The table with the columns of these names only, in its own order; raises `AnonymityError` for one it lacks."""
    if unknown := set(names) - {column.name for column in table.columns}:
        known = ", ".join(column.name for column in table.columns)
        raise AnonymityError(f"no column is named {', '.join(sorted(unknown))}; known: {known}")
    kept = [number for number, column in enumerate(table.columns) if column.name in names]
    return Table(tuple(table.columns[number] for number in kept), table.codes[:, kept])


def as_records(table: Table, sensitive: Collection[str]) -> Records:
    """The rows of a table whose columns ``sensitive`` are sensitive; all others count as quasi-identifiers.

    A column of bins is made coarser by joining neighbours two by two. All of that follows from the labels, which are
    public. Raises `AnonymityError` if nothing but sensitive columns is left.
    """
    columns = tuple(_column(column.name, column.labels) for column in table.columns)
    private = np.array([column.name in sensitive for column in columns])
    if private.all():
        raise AnonymityError("every column is sensitive: a table of records needs one that describes them")
    return Records(
        tuple(column for column, own in zip(columns, private, strict=True) if not own),
        table.codes[:, ~private],
        tuple(column for column, own in zip(columns, private, strict=True) if own),
        table.codes[:, private],
    )


def _column(name: str, labels: tuple[str, ...]) -> Column:
    if labels == YES_NO:
        return Column(name, labels)
    if set(labels) <= set(_STATUS_GROUPS):
        return Column(name, labels, levels=(tuple(_STATUS_GROUPS[label] for label in labels),))
    if labels[-1] == ABSENT:
        return halved(name, labels[:-1], ABSENT)
    return halved(name, labels)
