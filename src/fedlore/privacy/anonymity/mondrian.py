"""Make records coarser until every class has k, l and t: Mondrian, all groups of one depth at a time.

LeFevre, DeWitt and Ramakrishnan, "Mondrian multidimensional k-anonymity" (ICDE 2006): begin with one group, cut each
along its widest quasi-identifier as long as the parts have what is asked. Beyond the paper, parts that have it not may
stay behind at their parent's level, if together they have it, or be suppressed within a limit where that loses less
than the cut gains.
"""

from __future__ import annotations

import numpy as np

from fedlore.privacy.anonymity.columns import AnonymityError, Integers, NotReleasable, Records
from fedlore.privacy.anonymity.cutting import Cutter
from fedlore.privacy.anonymity.guarantee import Guarantee
from fedlore.privacy.anonymity.partition import SUPPRESSED, Groups
from fedlore.privacy.anonymity.released import Released


def enforce(records: Records, asked: Guarantee, suppress: float = 0.0) -> Released:
    """The records under ``asked``, at most the share ``suppress`` of them left out; the result is measured again.

    t is held against the whole table while cutting and against the released one at the end. Where suppression has moved
    that one too far, nothing is suppressed, and both are the same. Raises `NotReleasable` if even all records together
    have not what is asked.
    """
    if not 0 <= suppress < 1:
        raise AnonymityError("the share of records to suppress is at least 0 and below 1")
    if asked.asks_of_values and not records.sensitive:
        raise AnonymityError("l and t are asked of sensitive columns, and there is none")
    if records.rows < asked.k:
        raise NotReleasable(f"{records.rows} records cannot be released: k = {asked.k} needs at least as many")
    cutter = Cutter(records, asked)
    if lacking := cutter.lacking():
        words = {"distinct": "different", "entropy": "equally frequent", "recursive": "recursively diverse"}
        raise NotReleasable(
            f"these records cannot be released: l = {asked.l} needs {words[asked.diversity]} values, and even over all "
            f"{records.rows} records too few are in {', '.join(lacking)}"
        )
    for share in (suppress, 0.0):
        released = _released(records, _split(cutter, records, share))
        if released.measured(asked.l).meets(asked):
            return released
    raise NotReleasable("these records cannot be released: what is asked does not hold on what would be")


def _split(cutter: Cutter, records: Records, suppress: float) -> Groups:
    columns = len(records.quasi)
    groups = Groups(
        np.zeros(records.rows, dtype=np.int64),
        np.zeros((1, columns), dtype=np.int64),
        np.array([[column.size - 1 for column in records.quasi]], dtype=np.int64),
        np.array([suppress * records.rows]),
    )
    fresh: Integers = np.arange(1, dtype=np.int64)
    while fresh.size:
        grown = _deeper(cutter, groups, fresh)
        fresh = np.arange(groups.number, grown.number)
        groups = grown
    return groups


def _deeper(cutter: Cutter, groups: Groups, fresh: Integers) -> Groups:
    """Cut each of the ``fresh`` groups once, along the widest column that allows it; the parts are new groups."""
    waiting = fresh
    order = cutter.widest_first(groups, fresh)
    for rank in range(order.shape[1]):
        at = np.searchsorted(fresh, waiting)
        column = order[at, rank]
        wide = groups.high[waiting, column] > groups.low[waiting, column]
        groups, was_cut = cutter.cut(groups, waiting[wide], column[wide])
        waiting = np.setdiff1d(waiting, was_cut, assume_unique=True)
        if not waiting.size:
            break
    return groups


def _released(records: Records, groups: Groups) -> Released:
    kept = groups.group != SUPPRESSED
    low, high = groups.low[groups.group[kept]], groups.high[groups.group[kept]]
    sensitive = records.sensitive_codes[kept]
    # np.lexsort takes the most important key last.
    order = np.lexsort(np.hstack([low, high, sensitive]).T[::-1])
    return Released(
        records.quasi,
        low[order],
        high[order],
        records.sensitive,
        sensitive[order],
        int(records.rows - kept.sum()),
    )
