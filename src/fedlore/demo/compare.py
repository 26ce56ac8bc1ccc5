"""Hold what a federation learned against the truth of the world that it learned from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from fedlore.demo.population import Bits, Truth
from fedlore.learn.statement import Statement


@dataclass(frozen=True, slots=True)
class PairResult:
    """One pair of a practice and an outcome: the true odds ratio, and what was said of it (None: it was not asked)."""

    practice: str
    outcome: str
    odds_ratio: float
    planted: bool
    statement: Statement | None

    @property
    def asked(self) -> bool:
        return self.statement is not None

    @property
    def discovered(self) -> bool:
        return self.statement is not None and self.statement.discovery

    @property
    def right_direction(self) -> bool:
        """Whether the estimate lies on the same side of 1 as the truth."""
        return self.statement is not None and (self.statement.estimate > 1) == (self.odds_ratio > 1)

    @property
    def found(self) -> bool:
        """Whether this planted effect was discovered, in the right direction."""
        return self.planted and self.discovered and self.right_direction

    @property
    def covered(self) -> bool:
        """Whether the interval holds the truth; an open side holds all that lies there."""
        if self.statement is None:
            return False
        low, high = self.statement.low, self.statement.high
        return (low is None or low <= self.odds_ratio) and (high is None or self.odds_ratio <= high)

    @property
    def unbounded(self) -> bool:
        return self.statement is not None and (self.statement.low is None or self.statement.high is None)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All pairs of the truth: the planted ones from the strongest to the weakest, then those without effect."""

    pairs: tuple[PairResult, ...]

    @property
    def asked(self) -> tuple[PairResult, ...]:
        return tuple(pair for pair in self.pairs if pair.asked)

    @property
    def planted(self) -> tuple[PairResult, ...]:
        return tuple(pair for pair in self.pairs if pair.planted)

    @property
    def nulls(self) -> tuple[PairResult, ...]:
        return tuple(pair for pair in self.pairs if not pair.planted)

    @property
    def found(self) -> tuple[PairResult, ...]:
        """The planted effects that were discovered in the right direction."""
        return tuple(pair for pair in self.planted if pair.found)

    @property
    def reversed(self) -> tuple[PairResult, ...]:
        """The planted effects that were discovered in the wrong direction."""
        return tuple(pair for pair in self.planted if pair.discovered and not pair.found)

    @property
    def missed(self) -> tuple[PairResult, ...]:
        """The planted effects that were asked about and not discovered."""
        return tuple(pair for pair in self.planted if pair.asked and not pair.discovered)

    @property
    def not_asked(self) -> tuple[PairResult, ...]:
        """The planted effects that the round did not ask about."""
        return tuple(pair for pair in self.planted if not pair.asked)

    @property
    def false_discoveries(self) -> tuple[PairResult, ...]:
        """The pairs without effect that were said to have one."""
        return tuple(pair for pair in self.nulls if pair.discovered)

    @property
    def stayed_null(self) -> tuple[PairResult, ...]:
        """The pairs without effect that were asked about and said to have none."""
        return tuple(pair for pair in self.nulls if pair.asked and not pair.discovered)

    @property
    def covered(self) -> tuple[PairResult, ...]:
        """The pairs whose interval holds the truth."""
        return tuple(pair for pair in self.asked if pair.covered)

    @property
    def unbounded(self) -> tuple[PairResult, ...]:
        """The pairs whose interval is open on a side."""
        return tuple(pair for pair in self.asked if pair.unbounded)


def compare(truth: Truth, statements: Iterable[Statement]) -> Comparison:
    """Hold the odds ratios among the statements against the truth; of two about one pair the later counts.

    Statements of other kinds, and about pairs of which the truth does not speak, are passed over.
    """
    said = {statement.id: statement for statement in statements if statement.kind == "odds ratio"}
    pairs = [
        PairResult(
            practice,
            outcome,
            truth.odds_ratio(practice, outcome),
            (practice, outcome) in truth.planted,
            said.get(f"{practice}~{outcome}"),
        )
        for practice in truth.practices
        for outcome in truth.outcomes
    ]
    return Comparison(tuple(sorted(pairs, key=lambda pair: (not pair.planted, -abs(np.log(pair.odds_ratio))))))


def bits_agree(bits: Bits, features: Bits) -> float:
    """The share of equal bits of two tables of the same shape; raises `ValueError` if the shapes differ."""
    if bits.shape != features.shape:
        raise ValueError(f"tables of different shapes: {bits.shape} and {features.shape}")
    return float((bits == features).mean())
