"""How much a participant reads for one round: so many repositories, and so long the history of each.

Both caps look at nothing that stands in a repository. Which repositories are read follows from their paths alone, and
what one takes has no influence on another: so a project never moves another one into a contribution or out of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

DEFAULT = "medium"


@dataclass(frozen=True, slots=True)
class Capacity:
    """The most repositories read for one round, and the most seconds for the whole of it.

    Each repository has an equal part of the seconds, as if there were the most of them: ``seconds_each``, for reading
    its history. Where that ends, the history is its newest part, and a note says so.
    """

    name: str
    repositories: int
    seconds: int

    @property
    def seconds_each(self) -> float:
        return self.seconds / self.repositories

    @property
    def words(self) -> str:
        """The caps in words."""
        return (
            f"contribution capacity {self.name}: {self.repositories} repositories and {self.seconds_each:g} seconds "
            "for the history of each"
        )

    def left_out_words(self, left_out: int) -> str:
        """One sentence on how many repositories are left out."""
        more = "repository is" if left_out == 1 else "repositories are"
        return f"{left_out} {more} left out, last in the order of paths ({self.words})"


CAPACITIES = {
    capacity.name: capacity
    for capacity in (
        Capacity("small", 10, 600),
        Capacity("medium", 100, 18_000),
        Capacity("large", 1000, 300_000),
    )
}


def within_capacity(paths: Sequence[Path], capacity: Capacity | None) -> tuple[list[Path], list[Path]]:
    """The paths that a capacity reads and those that it leaves out: the first in the order of paths are read.

    Both lists keep the order in which the paths are given; without a capacity none is left out.
    """
    if capacity is None or len(paths) <= capacity.repositories:
        return list(paths), []
    chosen = set(sorted(paths)[: capacity.repositories])
    return [path for path in paths if path in chosen], [path for path in paths if path not in chosen]
