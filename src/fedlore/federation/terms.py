"""What a federation is created with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from fedlore.catalogue.presets import Preset
from fedlore.privacy.ledger import Cap, delta_e15, epsilon_micro, renewal


@dataclass(frozen=True, slots=True)
class Terms:
    """A level's numbers: budgets in 1e-6 and 1e-15, the least cohort, the share of members that is assumed honest.

    A total is one of `RENEWAL_DAYS` days, counted from when the federation was created.
    """

    level: str
    epsilon_round_micro: int
    epsilon_total_micro: int
    delta_round_e15: int
    delta_total_e15: int
    min_cohort: int
    honest: str = "2/3"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_dict(table: Mapping[str, Any]) -> Terms:
        return Terms(**table)


def cap_of(terms: Terms, federation_id: str, created: float, now: float) -> Cap:
    """The cap of a federation's mirror at the Unix time ``now``; its years are counted from when it was created."""
    period = renewal(created, now)
    return Cap(federation_id, terms.epsilon_total_micro, terms.delta_total_e15, period, adaptive=True)


def terms_of(preset: Preset) -> Terms:
    """The terms of a federation at a privacy level."""
    return Terms(
        level=preset.level,
        epsilon_round_micro=epsilon_micro(preset.epsilon_round),
        epsilon_total_micro=epsilon_micro(preset.epsilon_total),
        delta_round_e15=delta_e15(preset.delta_round),
        delta_total_e15=delta_e15(preset.delta_total),
        min_cohort=preset.min_cohort,
        honest=str(preset.honest),
    )
