"""What would leave, in words and numbers, shown to its owner before anything does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import Plan, Slot
from fedlore.contribute.encode import Contribution


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One integer of the contribution: what it says in words, and its value before noise and masks (in units).

    ``noise_share_sd`` is the standard deviation, in units, of the noise that its owner adds.
    """

    words: str
    value: float
    noise_share_sd: float


@dataclass(frozen=True, slots=True)
class Preview:
    """The whole contribution as its owner sees it; only the owner does.

    ``left_out`` says in one sentence which repositories the own contribution capacity leaves out, if it does;
    ``most_projects_each`` is the plan's limit on the projects of one member (0: none).
    """

    projects: int
    epsilon: float
    delta: float
    plan_digest: str
    lines: tuple[PreviewLine, ...]
    left_out: str = ""
    most_projects_each: int = 0

    @property
    def words(self) -> str:
        """One paragraph on what happens to the numbers below before they leave."""
        return (
            f"{len(self.lines)} integers about {self.projects} of your projects would leave, added up; no name, path, "
            f"text or date. Each gets noise of standard deviation {self._noise} from you (and as "
            "much from every other member), then masks that only the sum over all members takes off. It would cost "
            f"epsilon {self.epsilon:g}, delta {self.delta:g} of your budget. Plan {self.plan_digest[:16]}."
            + (f" {self.left_out}." if self.left_out else "")
            + (f" {self._limit}" if self.most_projects_each else "")
        )

    @property
    def _noise(self) -> str:
        least, most = (f"{end(line.noise_share_sd for line in self.lines):.3g}" for end in (min, max))
        return least if least == most else f"{least} to {most}"

    @property
    def _limit(self) -> str:
        return (
            f"At most {self.most_projects_each} projects of each member take part: yours are the first by path, "
            "whatever is in them."
        )


def preview(
    plan: Plan, catalogue: Catalogue, contribution: Contribution, noise_share_sd: float, left_out: str = ""
) -> Preview:
    """Describe a contribution; ``noise_share_sd`` is that of one participant's share in units of a slot of weight 1."""
    bounds = plan.clipping_bounds(catalogue.measures)
    lines = tuple(
        PreviewLine(_words(slot, catalogue, bounds), value / points, noise_share_sd * plan.scale / points)
        for slot, value, points in zip(plan.slots, contribution.tolist(), plan.lattice, strict=True)
    )
    projects = round(lines[0].value)
    return Preview(
        projects, plan.epsilon, plan.delta, plan.digest, lines, left_out, most_projects_each=plan.most_projects_each
    )


def _words(slot: Slot, catalogue: Catalogue, bounds: Mapping[MeasureId, tuple[float, float]]) -> str:
    if slot.measure is None:
        return "number of projects"
    if slot.kind == "holder":
        template = catalogue.template(slot.measure)
        return f"1 if one of your projects is counted for this shape of code: {template.id}"
    measure = catalogue[slot.measure]
    match slot.kind:
        case "share":
            return f"projects with yes less those with no: {slot.measure} ({measure.question})"
        case "pair":
            return f"projects where these agree less those where they differ: {slot.measure}, {slot.outcome}"
        case "bin":
            return f"projects in the bin {measure.bin_labels[slot.bin]} {measure.quantity}: {slot.measure}".rstrip()
        case "present":
            return f"projects that have a value less those that have none: {slot.measure}"
        case "mean":
            return f"sum of values, each mapped from {bounds[measure.id]} to [-1, 1]: {slot.measure}"
        case _:
            return f"1 if most of your projects say yes: {slot.measure}"
