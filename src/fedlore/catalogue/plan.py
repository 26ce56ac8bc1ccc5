"""What one round asks: fixed before anybody reads a repository, and named by its digest from then on."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import rfc8785

from fedlore.catalogue.errors import FedloreError
from fedlore.catalogue.measure import Measure, MeasureId

Mechanism = Literal["discrete gaussian", "discrete laplace"]
Unit = Literal["project", "record", "contributor", "organisation"]
SlotKind = Literal["count", "share", "pair", "bin", "present", "mean", "member", "holder"]
WORD_BITS = 32
MOST_SLOTS = 2**16
MOST_MEMBERS = 10_000
MOST_EPSILON_MICRO = 500 * 10**6
MOST_WEIGHT = 64
MOST_PROJECTS_EACH = 10_000
MOST_TEMPLATES_EACH = 64


class PlanError(FedloreError):
    """A plan that no participant may follow."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One integer of a contribution: what it adds up, and for which measure.

    ``count`` adds 1 for each project. ``share`` adds +1 or -1 for yes or no, ``pair`` the product of two such. ``bin``
    adds 1 to one bin of a histogram. ``present`` adds +1 or -1 for whether a mean's value is there, ``mean`` the value
    mapped from its bounds to [-1, 1] (0 if absent). ``member`` adds 1 for a participant most of whose projects say yes,
    ``holder`` 1 for a participant that names a code template (``measure`` is the template's id).
    """

    kind: SlotKind
    measure: MeasureId | None = None
    outcome: MeasureId | None = None
    bin: int = 0


@dataclass(frozen=True)
class Plan:
    """The questions of one round, the price of them, and who must be there.

    ``scale`` is the number of lattice points that one unit of a slot of weight 1 becomes (see ``lattice``).
    ``noise_scale`` is, in lattice points, the standard deviation (Gaussian) or the scale b (Laplace) of the noise that
    ``least_honest`` shares add up to. ``epsilon_micro`` counts 1e-6, ``delta_e15`` counts 1e-15. ``as_of`` is the Unix
    time that outcomes look back from.

    ``unit`` is what the noise protects (see `fedlore.privacy.sensitivity`), ``most_projects_each`` how many projects a
    member may contribute (0: all of them). ``weights`` holds one small whole number a slot (none: all alike): a slot of
    twice the weight gets half the noise. ``bounds`` holds, one a mean, what its values are clipped to (none: to the
    catalogue's bounds).

    ``templates`` are code templates of the catalogue, of which a project names at most ``most_templates_each``; nothing
    is said of a template that fewer than ``min_holders`` members hold.
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
    unit: Unit = "project"
    secure_aggregation: bool = True
    version: int = 1
    most_projects_each: int = 0
    weights: tuple[int, ...] = ()
    bounds: tuple[tuple[float, float], ...] = ()
    templates: tuple[MeasureId, ...] = ()
    most_templates_each: int = 0
    min_holders: int = 0

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
            *(Slot("holder", template) for template in self.templates),
        )

    @cached_property
    def lattice(self) -> tuple[int, ...]:
        """The number of lattice points that one unit of each slot becomes."""
        return tuple(self.scale * weight for weight in self.weights or (1,) * len(self.slots))

    @property
    def epsilon(self) -> float:
        return self.epsilon_micro / 1e6

    @property
    def delta(self) -> float:
        return self.delta_e15 / 1e15

    def clipping_bounds(self, measures: Mapping[MeasureId, Measure]) -> dict[MeasureId, tuple[float, float]]:
        """What the values of each mean are clipped to: the plan's own bounds, else the catalogue's.

        Raises `PlanError` for a measure that has none.
        """
        if self.bounds:
            return dict(zip(self.means, self.bounds, strict=True))
        found = {name: bounds for name in self.means if (bounds := measures[name].bounds) is not None}
        if missing := [name for name in self.means if name not in found]:
            raise PlanError(f"{', '.join(missing)} has no bounds")
        return found

    def most_projects(self) -> int:
        """The number of projects that a round may hold before a sum could wrap: noise gets half of the word's range."""
        return int(2 ** (WORD_BITS - 2) // max(self.lattice))

    def canonical(self) -> bytes:
        """The plan as RFC 8785 canonical JSON: what is signed, and what the digest covers.

        What came later and says nothing is left out, so that plans from before it keep their digest.
        """
        table = {key: value for key, value in asdict(self).items() if value or key not in _LATER}
        return rfc8785.dumps(json.loads(json.dumps(table)))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical form, in hexadecimal."""
        return hashlib.sha256(self.canonical()).hexdigest()

    @staticmethod
    def parse(data: bytes) -> Plan:
        """Read a canonical plan back; raises `PlanError` if it is anything else."""
        try:
            table: Mapping[str, Any] = json.loads(data)
            tuples = {key: tuple(_freeze(value) for value in table[key]) for key in _LISTS if key in table}
            plan = Plan(**{**table, **tuples})
            plan.check_shape()
            canonical = plan.canonical()
        except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
            raise PlanError(f"not a plan: {error}") from None
        if canonical != data:
            raise PlanError("not a plan in canonical form")
        return plan

    def check_shape(self) -> None:
        """Refuse what no honest coordinator plans, before anything is reckoned from it; raises `PlanError`."""
        self._check_lists()
        counts = (self.as_of, self.epsilon_micro, self.delta_e15, self.scale, self.least_honest, self.min_cohort)
        texts = (self.round_id, self.federation_id, self.learning_type, self.unit, self.catalogue_digest)
        sound = (
            all(type(number) is int for number in (*counts, self.version))
            and all(type(text) is str for text in texts)
            and type(self.secure_aggregation) is bool
            and self.version == 1
            and self._is_unit_sound()
            and self._are_templates_sound()
            and self.mechanism in get_args(Mechanism)
            and type(self.noise_scale) in (int, float)
            and 0 < self.noise_scale < 2**53
            and self.scale >= 1
            and max(self.lattice) <= 2**20
            and 1 <= self.epsilon_micro <= MOST_EPSILON_MICRO
            and 0 <= self.delta_e15 < 10**15
            and 1 <= self.least_honest <= MOST_MEMBERS
            and 2 <= self.min_cohort <= MOST_MEMBERS
            and 0 <= self.as_of < 2**53
            and set(self.shares).issuperset(name for pair in self.pairs for name in pair)
            and all(len(set(items)) == len(items) for items in (self.shares, self.pairs, self.histograms, self.means))
            and len(set(self.members)) == len(self.members)
        )
        if not sound:
            raise PlanError("a plan with a value that no plan may have")

    def _check_lists(self) -> None:
        lists = (self.shares, self.pairs, self.histograms, self.means, self.members, self.templates)
        sound = (
            all(type(items) is tuple for items in (*lists, self.weights, self.bounds))
            and all(type(weight) is int and 1 <= weight <= MOST_WEIGHT for weight in self.weights)
            and all(type(bound) is tuple and len(bound) == 2 and _rises(*bound) for bound in self.bounds)
            and all(type(name) is str for name in (*self.shares, *self.means, *self.members, *self.templates))
            and all(type(item) is tuple and len(item) == 2 for item in (*self.pairs, *self.histograms))
            and all(type(name) is str for pair in self.pairs for name in pair)
            and all(type(name) is str and type(bins) is int and bins >= 2 for name, bins in self.histograms)
        )
        if not sound:
            raise PlanError("a plan whose lists are not of its measures")
        asked = len(self.shares) + len(self.pairs) + 2 * len(self.means) + len(self.members) + len(self.templates)
        if 1 + asked + sum(bins for _, bins in self.histograms) > MOST_SLOTS:
            raise PlanError(f"a plan has at most {MOST_SLOTS} slots")
        if len(self.weights) not in {0, len(self.slots)} or len(self.bounds) not in {0, len(self.means)}:
            raise PlanError("a plan weighs all of its slots or none, and bounds all of its means or none")

    def _is_unit_sound(self) -> bool:
        """A limit on a member's projects goes with every unit but the project.

        One project more would drive out another there, and the sum would move by two.
        """
        least, most = {"project": (0, 0), "record": (0, MOST_PROJECTS_EACH)}.get(self.unit, (1, MOST_PROJECTS_EACH))
        return (
            self.unit in get_args(Unit)
            and type(self.most_projects_each) is int
            and least <= self.most_projects_each <= most
        )

    def _are_templates_sound(self) -> bool:
        numbers = (self.most_templates_each, self.min_holders)
        if not self.templates:
            return numbers == (0, 0)
        return (
            len(set(self.templates)) == len(self.templates)
            and all(type(number) is int for number in numbers)
            and 1 <= self.most_templates_each <= MOST_TEMPLATES_EACH
            and 2 <= self.min_holders <= MOST_MEMBERS
        )

    def check_measures(self, measures: Mapping[MeasureId, Measure], templates: Collection[str] = ()) -> None:
        """Refuse a plan whose slots are not what the catalogue's measures and templates are; raises `PlanError`."""
        asked = [
            ({"yes-no"}, [*self.shares, *self.members]),
            ({"mean"}, [*self.means]),
            ({"histogram", "mean"}, [name for name, _ in self.histograms]),
        ]
        for kinds, names in asked:
            for name in names:
                if name not in measures or measures[name].kind not in kinds:
                    words = " or ".join(sorted(kinds))
                    raise PlanError(f"the plan asks {name!r} as a {words}, which it is not in the catalogue")
        if any(len(measures[name].bin_labels) != bins for name, bins in self.histograms):
            raise PlanError("the plan's bins are not the catalogue's")
        for name, (low, high) in zip(self.means, self.bounds, strict=False):
            widest = measures[name].bounds
            if widest is None or low < widest[0] or high > widest[1]:
                raise PlanError(f"the plan's bounds of {name!r} are beyond the catalogue's")
        if unknown := [name for name in self.templates if name not in templates]:
            raise PlanError(f"the plan asks for the template {unknown[0]!r}, which is not in the catalogue")


def unit_named(name: str) -> Unit:
    """The privacy unit of this name; raises `PlanError` with the known ones for any other."""
    for unit in get_args(Unit):
        if unit == name:
            found: Unit = unit
            return found
    raise PlanError(f"unknown privacy unit {name!r}; known: {', '.join(get_args(Unit))}")


_LISTS = ("shares", "pairs", "histograms", "means", "members", "weights", "bounds", "templates")
_LATER = ("most_projects_each", "weights", "bounds", "templates", "most_templates_each", "min_holders")


def _freeze(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _rises(low: Any, high: Any) -> bool:
    return type(low) in (int, float) and type(high) in (int, float) and -math.inf < low < high < math.inf
