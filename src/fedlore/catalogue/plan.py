"""What one round asks: fixed before anybody reads a repository, and named by its digest from then on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

import rfc8785

from fedlore.catalogue.errors import FedloreError
from fedlore.catalogue.measure import MeasureId

Mechanism = Literal["discrete gaussian", "discrete laplace"]
SlotKind = Literal["count", "share", "pair", "bin", "present", "mean", "member"]
WORD_BITS = 32


class PlanError(FedloreError):
    """A plan that no participant may follow."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One integer of a contribution: what it adds up, and for which measure.

    ``count`` adds 1 for each project. ``share`` adds +1 or -1 for yes or no, ``pair`` the product of two such. ``bin``
    adds 1 to one bin of a histogram. ``present`` adds +1 or -1 for whether a mean's value is there, ``mean`` the value
    mapped from its bounds to [-1, 1] (0 if absent). ``member`` adds 1 for a participant most of whose projects say yes.
    """

    kind: SlotKind
    measure: MeasureId | None = None
    outcome: MeasureId | None = None
    bin: int = 0


@dataclass(frozen=True)
class Plan:
    """The questions of one round, the price of them, and who must be there.

    ``scale`` is the number of lattice points that one unit of a slot becomes. ``noise_scale`` is, in lattice points,
    the standard deviation (Gaussian) or the scale b (Laplace) of the noise that ``least_honest`` shares add up to.
    ``epsilon_micro`` counts 1e-6, ``delta_e15`` counts 1e-15. ``as_of`` is the Unix time that outcomes look back from.
    """

    round_id: str
    federation_id: str
    learning_type: str
    as_of: int
    shares: tuple[MeasureId, ...]
    pairs: tuple[tuple[MeasureId, MeasureId], ...]
    histograms: tuple[tuple[MeasureId, int], ...]
    means: tuple[MeasureId, ...]
    members: tuple[MeasureId, ...]
    mechanism: Mechanism
    epsilon_micro: int
    delta_e15: int
    scale: int
    noise_scale: float
    least_honest: int
    min_cohort: int
    catalogue_digest: str
    unit: str = "project"
    secure_aggregation: bool = True
    version: int = 1

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The contribution's integers in order; the first is always the number of projects."""
        return (
            Slot("count"),
            *(Slot("share", measure) for measure in self.shares),
            *(Slot("pair", practice, outcome) for practice, outcome in self.pairs),
            *(Slot("bin", measure, bin=index) for measure, bins in self.histograms for index in range(bins)),
            *(Slot(kind, measure) for measure in self.means for kind in ("present", "mean")),
            *(Slot("member", measure) for measure in self.members),
        )

    @property
    def epsilon(self) -> float:
        return self.epsilon_micro / 1e6

    @property
    def delta(self) -> float:
        return self.delta_e15 / 1e15

    def most_projects(self) -> int:
        """The number of projects that a round may hold before a sum could wrap: noise gets half of the word's range."""
        return int(2 ** (WORD_BITS - 2) // self.scale)

    def canonical(self) -> bytes:
        """The plan as RFC 8785 canonical JSON: what is signed, and what the digest covers."""
        return rfc8785.dumps(json.loads(json.dumps(asdict(self))))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical form, in hexadecimal."""
        return hashlib.sha256(self.canonical()).hexdigest()

    @staticmethod
    def parse(data: bytes) -> Plan:
        """Read a canonical plan back; raises `PlanError` if it is anything else."""
        try:
            table: Mapping[str, Any] = json.loads(data)
            tuples = {key: tuple(_freeze(value) for value in table[key]) for key in _LISTS}
            plan = Plan(**{**table, **tuples})
        except (TypeError, ValueError, KeyError) as error:
            raise PlanError(f"not a plan: {error}") from None
        if plan.canonical() != data:
            raise PlanError("not a plan in canonical form")
        return plan


_LISTS = ("shares", "pairs", "histograms", "means", "members")


def _freeze(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
