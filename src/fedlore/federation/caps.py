"""Which caps a participant's ledger holds: its federation's, all federations', each project's; each for a year."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fedlore.federation.policy import Policy
from fedlore.observe.evidence import Features
from fedlore.privacy.filters import Spent, limits_of, loss_of, tracks
from fedlore.privacy.ledger import RENEWAL_DAYS, BudgetError, BudgetExceeded, Cap, Charge, Period, day_of, renewal
from fedlore.store.scopes import EACH_PROJECT


class NoRoom(BudgetExceeded):
    """A refusal in words, which name no scope and no amount beyond what they say."""

    def __init__(self, words: str) -> None:
        self.scope = self.left_epsilon_micro = self.left_delta_e15 = self.renews_us = None
        BudgetError.__init__(self, words)


class TakesNoPart(NoRoom):
    """What others hear of a participant whose own ledger refuses a round: neither why nor what is left."""

    def __init__(self, words: str = "this member takes no part in this round") -> None:
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class Caps:
    """What a participant's own ledger holds; ``project`` is None where projects have no budget of their own."""

    federation: Cap
    everything: Cap
    project: Cap | None


@dataclass(frozen=True, slots=True)
class Covered:
    """The projects that a charge covers, maybe none, and in words how many others their own budget leaves out."""

    features: Sequence[Features]
    projects: frozenset[str]
    left_out: int = 0
    left_out_words: str = ""


def participant_caps(
    policy: Policy, federation_id: str, joined: float, first_joined: float | None, now: float, others: Iterable[Policy]
) -> Caps:
    """The caps of a participant's policy at the Unix time ``now``; ``others`` are its policies in all federations.

    What is promised of all federations together, and of each project, is the least of what was stated in any of them:
    joining one more federation breaks no promise. The federation's years are counted from when this participant joined
    it; those of all federations together and of projects from when it joined its first, so that none renews them.
    """
    own = renewal(joined, now)
    general = renewal(joined if first_joined is None else min(joined, first_joined), now)
    every = [policy, *others]
    project = None
    project_epsilon = _least(one.project_epsilon_micro for one in every)
    project_delta = _least(one.project_delta_e15 for one in every)
    if project_epsilon is not None and project_delta is not None:
        project = _cap(EACH_PROJECT, project_epsilon, project_delta, general)
    total_epsilon = _least(one.epsilon_total_micro for one in every)
    total_delta = _least(one.delta_total_e15 for one in every)
    return Caps(
        _cap(federation_id, policy.federation_epsilon_micro, policy.federation_delta_e15, own),
        _cap(None, total_epsilon, total_delta, general),
        project,
    )


def within_budget(
    features: Sequence[Features], names: Sequence[str], cap: Cap | None, spent: Mapping[str, Spent], charge: Charge
) -> Covered:
    """Leave out the projects whose own budget does not admit ``charge``; ``names`` are their fingerprints, in order.

    Which are left out follows from the public prices of earlier rounds, never from what a project holds: each project's
    own losses are what its filter adds up (individual accounting; Feldman and Zrnic, NeurIPS 2021, section 3).
    """
    if cap is None or not names:
        return Covered(features, frozenset(names))
    fits = admitted(names, cap, spent, charge)
    kept = [one for one, name in zip(features, names, strict=True) if name in fits]
    out = len(features) - len(kept)
    if not out:
        return Covered(kept, fits)
    until = "" if cap.period is None else f" until {day_of(cap.period.until_us)}"
    words = f"{out} of them {'has' if out == 1 else 'have'} spent the budget of one project for {RENEWAL_DAYS} days"
    words += f" and {'is' if out == 1 else 'are'} left out{until}"
    return Covered(kept, fits, out, words if kept else f"{words}: what would leave is noise alone")


def admitted(names: Iterable[str], cap: Cap | None, spent: Mapping[str, Spent], charge: Charge) -> frozenset[str]:
    """The projects, by fingerprint, whose own budget still admits ``charge``; all of them without such a budget."""
    if cap is None:
        return frozenset(names)
    limits, loss = limits_of(cap), loss_of(charge)
    return frozenset(name for name in names if tracks(limits, spent.get(name, Spent()), loss))


def _least(stated: Iterable[int | None]) -> int | None:
    """The least of the caps that are stated; None if none is."""
    return min((cap for cap in stated if cap is not None), default=None)


def _cap(scope: str | None, epsilon_micro: int | None, delta_e15: int | None, period: Period) -> Cap:
    return Cap(scope, epsilon_micro, delta_e15, period, adaptive=True)
