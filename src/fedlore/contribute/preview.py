"""What would leave, in words and numbers, shown to its owner before anything does."""

from __future__ import annotations

from dataclasses import dataclass

from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.plan import Plan, Slot
from fedlore.contribute.encode import Contribution


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One integer of the contribution: what it says in words, and its value before noise and masks (in units)."""

    words: str
    value: float


@dataclass(frozen=True, slots=True)
class Preview:
    """The whole contribution as its owner sees it; only the owner does.

    ``left_out`` says in one sentence which repositories the own contribution capacity leaves out, if it does.
    """

    projects: int
    epsilon: float
    delta: float
    noise_share_sd: float
    plan_digest: str
    lines: tuple[PreviewLine, ...]
    left_out: str = ""

    @property
    def words(self) -> str:
        """One paragraph on what happens to the numbers below before they leave."""
        return (
            f"{len(self.lines)} integers about {self.projects} of your projects would leave, added up; no name, path, "
            f"text or date. Each gets noise of standard deviation {self.noise_share_sd:.3g} from you (and as "
            "much from every other member), then masks that only the sum over all members takes off. It would cost "
            f"epsilon {self.epsilon:g}, delta {self.delta:g} of your budget. Plan {self.plan_digest[:16]}."
            + (f" {self.left_out}." if self.left_out else "")
        )


def preview(
    plan: Plan, catalogue: Catalogue, contribution: Contribution, noise_share_sd: float, left_out: str = ""
) -> Preview:
    """Describe a contribution; ``noise_share_sd`` is the standard deviation of one participant's share in units."""
    values = contribution / plan.scale
    lines = tuple(
        PreviewLine(_words(slot, catalogue), float(value)) for slot, value in zip(plan.slots, values, strict=True)
    )
    return Preview(round(values[0]), plan.epsilon, plan.delta, noise_share_sd, plan.digest, lines, left_out)


def _words(slot: Slot, catalogue: Catalogue) -> str:
    if slot.measure is None:
        return "number of projects"
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
            return f"sum of values, each mapped from {measure.bounds} to [-1, 1]: {slot.measure}"
        case _:
            return f"1 if most of your projects say yes: {slot.measure}"
