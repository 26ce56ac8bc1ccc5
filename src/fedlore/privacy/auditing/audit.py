"""How much privacy a mechanism loses at least, found by running it on two neighbouring inputs and telling them apart.

One half of the samples chooses the test, the other half, which the choice has not seen, gives the bound (Jagielski,
Ullman and Oprea, NeurIPS 2020). The bound says nothing about events that the samples are too few to show: it refutes a
claim, it does not prove one; the proofs are in docs/proofs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fedlore.catalogue.errors import FedloreError
from fedlore.privacy.auditing.bounds import Counts, Floats, epsilon_low, epsilon_of_mu, mu_low
from fedlore.privacy.auditing.scores import Candidate, Outputs, candidates

_LEAST_TRIALS = 200
_BLOCK = 20_000  # trials a world between two words of progress
_LOOK = 20_000  # training trials by which the many candidates are narrowed to few
_SHORTLIST = 4
_NEAR = 0.95  # of the best: there the first in order is taken, as the simplest
_COARSE, _FINE = 16, 120  # steps of a threshold through each tail and through the middle

Progress = Callable[[str, int, int], None]


class AuditError(FedloreError):
    """An audit that could show nothing: too few trials, or a confidence that is none."""


class ClaimExceeded(FedloreError):
    """An audit refuted what is claimed."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"more privacy is lost than claimed: {', '.join(names)}")


@dataclass(frozen=True, slots=True)
class Claim:
    """What is promised: (epsilon, delta), and for Gaussian noise the separation ``mu`` that the event states."""

    epsilon: float
    delta: float
    mu: float | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What is audited: ``draw(with_unit, trials)`` runs it in one of two worlds, shape ``(trials, width)``."""

    name: str
    claim: Claim
    draw: Callable[[bool, int], Outputs]
    trials: int


@dataclass(frozen=True, slots=True)
class Finding:
    """A lower bound on epsilon and the test that gave it.

    ``epsilon_low`` holds whatever the mechanism is. ``mu_low`` refutes the stated separation of Gaussian noise, and
    ``epsilon_low_gaussian`` is what it comes to at the claim's delta. All hold together at ``confidence``.
    """

    name: str
    claim: Claim
    trials: int
    confidence: float
    epsilon_low: float
    test: str
    mu_low: float | None = None
    epsilon_low_gaussian: float | None = None

    @property
    def exceeded(self) -> bool:
        """Whether the claim is refuted."""
        too_far = self.claim.mu is not None and self.mu_low is not None and self.mu_low > self.claim.mu
        return too_far or self.epsilon_low > self.claim.epsilon

    def as_dict(self) -> dict[str, Any]:
        """The finding as a flat table for JSON."""
        return {
            "name": self.name,
            "epsilon": self.claim.epsilon,
            "delta": self.claim.delta,
            "mu": self.claim.mu,
            "trials": self.trials,
            "confidence": self.confidence,
            "epsilon_low": self.epsilon_low,
            "epsilon_low_gaussian": self.epsilon_low_gaussian,
            "mu_low": self.mu_low,
            "test": self.test,
            "exceeded": self.exceeded,
        }


@dataclass(frozen=True, slots=True)
class _Test:
    """An event: a score at or above a threshold, or below it, and in which of the worlds it is likelier."""

    candidate: Candidate
    threshold: float
    above: bool
    with_unit: bool

    def counts(self, without: Outputs, with_unit: Outputs) -> tuple[Counts, Counts]:
        """How often it happened in the world where it is likelier, and in the other."""
        seen = [np.atleast_1d(np.count_nonzero(self._holds(outputs))) for outputs in (without, with_unit)]
        return (seen[1], seen[0]) if self.with_unit else (seen[0], seen[1])

    def _holds(self, outputs: Outputs) -> Any:
        score = self.candidate.score(outputs)
        return score >= self.threshold if self.above else score < self.threshold


Bound = Callable[[Counts, Counts, int], Floats]


def audit(subject: Subject, *, alpha: float = 1e-6, told: Progress | None = None) -> Finding:
    """Run ``subject.trials`` trials in each world; the finding is wrong with probability at most ``alpha``.

    Raises `AuditError` for fewer than 200 trials or an ``alpha`` outside (0, 1/2).
    """
    if subject.trials < _LEAST_TRIALS or not 0 < alpha < 0.5:
        raise AuditError(f"an audit needs at least {_LEAST_TRIALS} trials and a confidence between one half and one")
    claim = subject.claim
    part = alpha if claim.mu is None else alpha / 2  # two bounds are stated for Gaussian noise

    def by_epsilon(likelier: Counts, rarer: Counts, trials: int) -> Floats:
        return epsilon_low(likelier, rarer, trials, claim.delta, part)

    def by_mu(likelier: Counts, rarer: Counts, trials: int) -> Floats:
        return mu_low(likelier, rarer, trials, part)

    without, with_unit = (_samples(subject, world, told) for world in (False, True))
    half = subject.trials // 2
    training, kept = (without[:half], with_unit[:half]), (without[half:], with_unit[half:])
    tried = list(candidates(*(outputs[:_LOOK] for outputs in training)))
    test, low = _bound(tried, training, kept, by_epsilon)
    if claim.mu is None:
        return Finding(subject.name, claim, subject.trials, 1 - alpha, low, test.candidate.words)
    separation = _bound(tried, training, kept, by_mu)[1]
    return Finding(
        subject.name,
        claim,
        subject.trials,
        1 - alpha,
        low,
        test.candidate.words,
        separation,
        epsilon_of_mu(separation, claim.delta),
    )


def _samples(subject: Subject, with_unit: bool, told: Progress | None) -> Outputs:
    blocks: list[Outputs] = []
    for done in range(0, subject.trials, _BLOCK):
        blocks.append(subject.draw(with_unit, min(_BLOCK, subject.trials - done)))
        if told is not None:
            told(subject.name, done + len(blocks[-1]) + with_unit * subject.trials, 2 * subject.trials)
    return np.concatenate(blocks)


def _bound(
    tried: list[Candidate], training: tuple[Outputs, Outputs], kept: tuple[Outputs, Outputs], bound: Bound
) -> tuple[_Test, float]:
    """The test that is best on the training half, and what it proves on the other."""
    look = training[0][:_LOOK], training[1][:_LOOK]
    promise = np.array([_best(candidate, *look, bound, _COARSE)[1] for candidate in tried])
    likely = np.sort(np.argsort(-promise, kind="stable")[:_SHORTLIST])
    tests = [_best(tried[place], *training, bound, _FINE) for place in likely]
    most = max(proven for _, proven in tests)
    test = next(test for test, proven in tests if proven >= _NEAR * most)
    return test, float(bound(*test.counts(*kept), len(kept[0]))[0])


def _best(candidate: Candidate, without: Outputs, with_unit: Outputs, bound: Bound, steps: int) -> tuple[_Test, float]:
    """The threshold of a score, its side and its direction that prove most on these samples."""
    first, second = np.sort(candidate.score(without)), np.sort(candidate.score(with_unit))
    trials = len(first)
    thresholds = _thresholds(first, second, steps)
    below = [np.searchsorted(scores, thresholds, side="left").astype(np.int64) for scores in (first, second)]
    found = []
    for above in (True, False):
        counts = [trials - under if above else under for under in below]
        for with_it in (True, False):
            proven = bound(counts[with_it], counts[not with_it], trials)
            place = int(np.argmax(proven))
            found.append((_Test(candidate, float(thresholds[place]), above, with_it), float(proven[place])))
    return max(found, key=lambda best: best[1])


def _thresholds(first: Outputs, second: Outputs, steps: int) -> Outputs:
    """Values of both sorted samples, evenly in the middle and down to a handful of trials in the tails."""
    last = len(first) - 1
    tail = np.unique(np.geomspace(1, last / 2 + 1, steps).astype(np.int64))
    middle = np.linspace(0, last, steps).astype(np.int64)
    places = np.clip(np.concatenate([tail, last - tail, middle]), 0, last)
    return np.unique(np.concatenate([first[places], second[places]]))
