"""Small draws from one random generator: what making a world needs many times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Chance:
    """Draws from ``rng``. It makes the demo's world and nothing that a federation releases."""

    rng: np.random.Generator

    def happens(self, probability: float) -> bool:
        return float(self.rng.random()) < probability

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items."""
        return items[int(self.rng.random() * len(items))]

    def between(self, low: float, high: float) -> float:
        return low + float(self.rng.random()) * (high - low)

    def whole(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return low + int(self.rng.random() * (high - low + 1))

    def some(self, items: Sequence[Item], count: int) -> list[Item]:
        """So many different items (all of them if there are fewer), in any order."""
        order = self.rng.permutation(len(items))[:count]
        return [items[index] for index in order]

    def marked(self, length: int, marks: int) -> list[bool]:
        """A list of this length, True at so many places."""
        places = set(self.rng.permutation(length)[:marks].tolist())
        return [place in places for place in range(length)]
