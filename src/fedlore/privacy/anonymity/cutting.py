"""One cut of many groups at once: which parts have what is asked, what stays behind, what is suppressed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fedlore.privacy.anonymity.classes import histograms
from fedlore.privacy.anonymity.columns import Floats, Integers, Records, Truths
from fedlore.privacy.anonymity.guarantee import Guarantee
from fedlore.privacy.anonymity.partition import SUPPRESSED, Groups, halves, losses, subgroups


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """What a cut makes of its groups: ``part`` has one number a row, all else one entry a part."""

    part: Integers
    owner: Integers
    low: Integers
    high: Integers
    size: Integers
    sound: Truths


class Cutter:
    """Cuts groups of some records so that all parts have what is ``asked``."""

    def __init__(self, records: Records, asked: Guarantee) -> None:
        self._records = records
        self._asked = asked
        self._whole = [
            np.bincount(codes, minlength=column.size)
            for column, codes in zip(records.sensitive, records.sensitive_codes.T, strict=True)
        ]

    def lacking(self) -> list[str]:
        """The sensitive columns that have not what is asked even over all records together."""
        both = zip(self._records.sensitive, self._whole, strict=True)
        return [column.name for column, whole in both if not self._asked.allows(whole[None], whole, column).all()]

    def widest_first(self, groups: Groups, chosen: Integers) -> Integers:
        """For each chosen group its columns, the one that loses most first; shape (chosen, columns)."""
        return np.argsort(-self._losses(groups.low[chosen], groups.high[chosen]), axis=1, kind="stable")

    def cut(self, groups: Groups, chosen: Integers, column: Integers) -> tuple[Groups, Integers]:
        """Cut each chosen group along the column that stands beside it; all groups, new ones last, and which were cut.

        Parts that have not what is asked stay together at their parent's level, if together they have it, or are
        suppressed within the group's allowance; else the group is not cut.
        """
        place = np.full(groups.number + 1, -1, dtype=np.int64)
        place[chosen] = np.arange(len(chosen))  # the last entry is that of suppressed rows, whose group is -1
        rows = np.flatnonzero(place[groups.group] >= 0)
        group = place[groups.group[rows]]
        if not len(rows):
            return groups, chosen[:0]
        parts = self._parts(groups, chosen, column, rows, group)

        before = self._losses(groups.low[chosen], groups.high[chosen]).sum(axis=1)
        after = self._losses(parts.low, parts.high).sum(axis=1)
        gain = (before[parts.owner] - after) * parts.size * parts.sound
        gained = np.bincount(parts.owner, weights=gain, minlength=len(chosen))

        over = ~parts.sound[parts.part]
        left = np.bincount(group[over], minlength=len(chosen))
        behind = self._together(group[over], rows[over], len(chosen))
        price = left * (len(self._records.quasi) - before)
        dropped = ~behind & (left > 0) & (left <= groups.allowance[chosen]) & (price < gained)
        accepted = (gained > 0) & (behind | dropped | (left == 0))
        return _grown(groups, chosen, rows, group, parts, accepted, dropped), chosen[accepted]

    def _parts(self, groups: Groups, chosen: Integers, column: Integers, rows: Integers, group: Integers) -> _Parts:
        low, high = np.empty(len(rows), dtype=np.int64), np.empty(len(rows), dtype=np.int64)
        for number, what in enumerate(self._records.quasi):
            own = column == number
            if not own.any():
                continue
            here = np.flatnonzero(own[group])
            local = (np.cumsum(own) - 1)[group[here]]
            codes = self._records.quasi_codes[rows[here], number]
            box = groups.low[chosen[own], number], groups.high[chosen[own], number]
            if what.ordered:
                low[here], high[here] = halves(local, codes, *box)
            else:
                low[here], high[here] = subgroups(what, local, codes, *box)
        _, first, part, size = np.unique(
            group * (int(low.max()) + 1) + low, return_index=True, return_inverse=True, return_counts=True
        )
        owner = group[first]
        part_low, part_high = groups.low[chosen[owner]], groups.high[chosen[owner]]
        at = np.arange(len(first)), column[owner]
        part_low[at], part_high[at] = low[first], high[first]
        return _Parts(part, owner, part_low, part_high, size, self._allowed(part, rows, size))

    def _together(self, group: Integers, rows: Integers, number: int) -> Truths:
        """Of which groups these rows have together what is asked."""
        allowed = np.zeros(number, dtype=np.bool_)
        if len(rows):
            found, local, size = np.unique(group, return_inverse=True, return_counts=True)
            allowed[found] = self._allowed(local, rows, size)
        return allowed

    def _allowed(self, part: Integers, rows: Integers, size: Integers) -> Truths:
        allowed = size >= self._asked.k
        if self._asked.asks_of_values:
            for number, column in enumerate(self._records.sensitive):
                values, whole = self._records.sensitive_codes[rows, number], self._whole[number]
                blocks = histograms(part, values, len(size), column.size)
                allowed &= np.concatenate([self._asked.allows(counts, whole, column) for counts in blocks])
        return np.asarray(allowed)

    def _losses(self, low: Integers, high: Integers) -> Floats:
        return np.stack([losses(what, low[:, i], high[:, i]) for i, what in enumerate(self._records.quasi)], axis=1)


def _grown(
    groups: Groups,
    chosen: Integers,
    rows: Integers,
    group: Integers,
    parts: _Parts,
    accepted: Truths,
    dropped: Truths,
) -> Groups:
    """All groups and, behind them, those that the accepted cuts make; what stays behind is a new group too."""
    new = accepted[parts.owner] & parts.sound
    used = np.bincount(parts.owner, weights=parts.size * ~parts.sound, minlength=len(chosen)) * dropped
    total = np.bincount(group, minlength=len(chosen))
    each = (groups.allowance[chosen] - used) / np.maximum(total - used, 1)

    stays = accepted & ~dropped & (np.bincount(parts.owner, weights=~parts.sound, minlength=len(chosen)) > 0)
    stayed = np.bincount(group[~parts.sound[parts.part]], minlength=len(chosen))[stays]
    of_part = np.where(new, groups.number + np.cumsum(new) - 1, SUPPRESSED)
    of_rest = np.where(stays, groups.number + int(new.sum()) + np.cumsum(stays) - 1, SUPPRESSED)

    moved = accepted[group]
    member = groups.group.copy()
    target = np.where(parts.sound[parts.part], of_part[parts.part], of_rest[group])
    member[rows[moved]] = target[moved]
    return Groups(
        member,
        np.concatenate([groups.low, parts.low[new], groups.low[chosen[stays]]]),
        np.concatenate([groups.high, parts.high[new], groups.high[chosen[stays]]]),
        np.concatenate([groups.allowance, each[parts.owner[new]] * parts.size[new], each[stays] * stayed]),
    )
