"""Records as they may be released, what was lost on the way, and their rows in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fedlore.privacy.anonymity.classes import classes_of
from fedlore.privacy.anonymity.columns import Column, Integers
from fedlore.privacy.anonymity.guarantee import Measured, measure_classes
from fedlore.privacy.anonymity.partition import losses


@dataclass(frozen=True, slots=True)
class Loss:
    """How much less the released records say than the original ones.

    ``columns`` is the normalised certainty penalty of each quasi-identifier, averaged over all original rows, and
    ``gcp`` their mean (global certainty penalty: Ghinita, Karras, Kalnis and Mamoulis, VLDB 2007, section 3); 0 is no
    loss and 1 is all, which is what a suppressed row loses. ``discernibility`` is the sum over rows of how many look
    like it, a suppressed one like all (Bayardo and Agrawal, ICDE 2005). ``average_class`` is rows a class, over k.
    """

    columns: Mapping[str, float]
    gcp: float
    discernibility: int
    average_class: float
    suppressed: int
    suppressed_share: float


@dataclass(frozen=True, slots=True, eq=False)
class Released:
    """Rows that say of every quasi-identifier only that it lies from ``low`` to ``high``, and the sensitive values.

    ``low`` and ``high`` have shape (rows, quasi columns). The rows stand in the order of what they say, which tells
    nothing of the order that they came in.
    """

    quasi: tuple[Column, ...]
    low: Integers
    high: Integers
    sensitive: tuple[Column, ...]
    sensitive_codes: Integers
    suppressed: int

    @property
    def rows(self) -> int:
        return len(self.low)

    def measured(self, least: int = 2) -> Measured:
        """k, l and t of these rows, classes being the rows that say the same; ``least`` is the recursive l."""
        return measure_classes(self._classes(), self.sensitive, self.sensitive_codes, least)

    def loss(self, k: int) -> Loss:
        """What was lost, the average class as a multiple of ``k``."""
        total = self.rows + self.suppressed
        columns = {
            column.name: float(losses(column, low, high).sum() + self.suppressed) / total
            for column, low, high in zip(self.quasi, self.low.T, self.high.T, strict=True)
        }
        sizes = np.bincount(self._classes())
        return Loss(
            columns=columns,
            gcp=float(np.mean(list(columns.values()))),
            discernibility=int((sizes**2).sum()) + self.suppressed * total,
            average_class=self.rows / len(sizes) / k,
            suppressed=self.suppressed,
            suppressed_share=self.suppressed / total,
        )

    def words(self) -> tuple[list[str], list[list[str]]]:
        """The names of the columns, and every row in words."""
        said: list[list[str]] = []
        for column, low, high in zip(self.quasi, self.low.T.tolist(), self.high.T.tolist(), strict=True):
            known = {box: column.word(*box) for box in set(zip(low, high, strict=True))}
            said.append([known[box] for box in zip(low, high, strict=True)])
        for column, codes in zip(self.sensitive, self.sensitive_codes.T.tolist(), strict=True):
            said.append([column.labels[code] for code in codes])
        names = [column.name for column in (*self.quasi, *self.sensitive)]
        return names, [list(row) for row in zip(*said, strict=True)]

    def _classes(self) -> Integers:
        sizes = [column.size for column in self.quasi]
        return classes_of(np.hstack([self.low, self.high]), sizes * 2)
