"""The privacy levels that a federation may be created with, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Preset:
    """What one level means: unit, spending for a round and a year, least cohort, share of members assumed honest."""

    level: str
    epsilon_round: float
    epsilon_total: float
    delta_round: float
    delta_total: float
    min_cohort: int
    unit: str = "project"
    honest: Fraction = Fraction(2, 3)

    @property
    def words(self) -> str:
        return (
            f"privacy level {self.level}: one {self.unit} is protected; epsilon {self.epsilon_round:g} and "
            f"delta {self.delta_round:g} a round, epsilon {self.epsilon_total:g} and "
            f"delta {self.delta_total:g} a year; "
            f"at least {self.min_cohort} members in a round; holds if at least {self.honest} of them are honest"
        )


def least_honest(members: int, honest: Fraction = Fraction(2, 3)) -> int:
    """The number of honest members that a share of ``honest`` makes out of ``members``, rounded up, at least one."""
    return max(1, -(-members * honest.numerator // honest.denominator))


PRESETS = {
    "high": Preset("high", 1, 4, 1e-5, 1e-4, 5),
    "standard": Preset("standard", 2, 8, 1e-5, 1e-4, 5),
    "low": Preset("low", 4, 16, 1e-5, 1e-4, 3),
}
