"""No adversary that picks each charge by the outcomes so far gets more out of the gate than the cap says.

The hockey-stick divergence of an adaptive composition is E[(1 - e^(epsilon - L))+] over the privacy loss L at its
end. The best that any strategy can make of a menu of charges follows by looking back from there: at each spending and
each loss so far, either stop or ask for whichever charge is still admitted and promises most. This is every strategy
at once (Gaussian after a high loss, else Laplace, is one of them), so that no seed and no sample is involved.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from fedlore.privacy.accountant import Event, compose, event_of
from fedlore.privacy.filters import Limits, Spent, limits_of, loss_of, tracks
from fedlore.privacy.ledger import Cap, Charge
from tests.privacy.charges import gaussian, laplace, plain

STEP = 0.01
Values = npt.NDArray[np.float64]
Gate = Callable[[Sequence[int], int], bool]


@dataclass(frozen=True)
class Outcomes:
    """The privacy losses of one charge: ``masses[i]`` at ``(lowest + i) * STEP``, and ``lost`` without any bound."""

    lowest: int
    masses: Values
    lost: float


def outcomes(charge: Charge) -> Outcomes:
    """What one charge's mechanism can lose, split between grid points so that both neighbours keep their mass."""
    if "mechanism" not in charge.event:
        lost = charge.delta_e15 / 1e15
        pure = _responses(charge.epsilon_micro / 1e6, 1)
        return Outcomes(pure.lowest, pure.masses * (1 - lost), lost)
    event = event_of(charge.event, charge.epsilon_micro, charge.delta_e15)
    if event.mechanism == "discrete laplace":
        return _responses(1 / event.noise_multiplier, event.count)
    mu = 1 / event.noise_multiplier
    edges = np.arange(-math.ceil(8 * mu / STEP), math.ceil((mu * mu + 8 * mu) / STEP) + 1)
    here = np.diff(stats.norm.cdf(edges * STEP, mu * mu / 2, mu))
    there = np.diff(stats.norm.cdf(edges * STEP, -mu * mu / 2, mu))
    # Of each cell, the part at the upper edge that leaves the neighbour's mass as it is.
    weight = np.exp(-edges * STEP)
    upper = np.clip((here * weight[:-1] - there) / (weight[:-1] - weight[1:]), 0, here)
    masses = np.append(here - upper, 0.0) + np.append(0.0, upper)
    return Outcomes(int(edges[0]), masses, float(1 - masses.sum()))


def _responses(epsilon: float, count: int) -> Outcomes:
    """Randomised responses, whose epsilon is a whole number of steps in these tests."""
    steps = round(epsilon / STEP)
    assert epsilon == pytest.approx(steps * STEP)
    k = np.arange(count + 1)
    masses = np.zeros(2 * count * steps + 1)
    masses[:: 2 * steps] = stats.binom.pmf(k, count, 1 / (1 + math.exp(-epsilon)))
    return Outcomes(-count * steps, masses, 0.0)


def best_divergence(menu: Sequence[Charge], most: Sequence[int], gate: Gate, epsilon: float) -> float:
    """The largest divergence at ``epsilon`` that any strategy reaches before ``gate`` admits nothing any more."""
    kinds = [outcomes(charge) for charge in menu]
    low, high = round(-(epsilon + 4) / STEP), round((2 * epsilon + 4) / STEP)
    stop = -np.expm1(np.minimum(0, epsilon - np.arange(low, high + 1) * STEP))
    values: dict[tuple[int, ...], Values] = {}
    for asked in sorted(itertools.product(*(range(n + 1) for n in most)), key=sum, reverse=True):
        best = stop
        for place, kind in enumerate(kinds):
            after = tuple(n + (index == place) for index, n in enumerate(asked))
            if after in values and gate(asked, place):
                best = np.maximum(best, _expected(values[after], kind))
        values[asked] = best
    return float(values[(0,) * len(menu)][-low])


def _expected(value: Values, kind: Outcomes) -> Values:
    """What ``value`` is worth before the outcome is known; beyond the grid it is 1 above and that of the edge below."""
    highest = kind.lowest + len(kind.masses) - 1
    around = np.concatenate((np.full(max(0, -kind.lowest), value[0]), value, np.ones(max(0, highest))))
    expected = np.convolve(around, kind.masses[::-1], "valid")
    return expected[: len(value)] + kind.lost


def gate_of(limits: Limits, menu: Sequence[Charge]) -> Gate:
    losses = [loss_of(charge) for charge in menu]

    def gate(asked: Sequence[int], place: int) -> bool:
        spent = Spent()
        for loss, times in zip(losses, asked, strict=True):
            spent = spent.plus(loss, times)
        return bool(tracks(limits, spent, losses[place]))

    return gate


HIGH = Cap("s", 4_000_000, 10**11)
STANDARD = Cap("s", 8_000_000, 10**11)
MIXED = [gaussian(1_000_000, 10**10), laplace(900_000, 30), plain(500_000, 2 * 10**9)]


@pytest.mark.parametrize(
    ("cap", "menu", "most", "reached"),
    [
        (HIGH, [gaussian(1_000_000, 10**10)], [14], 0.1),
        (HIGH, MIXED, [14, 34, 26], 0.2),
        (STANDARD, [gaussian(2_000_000, 10**10), laplace(2_000_000, 10), plain(1_000_000, 10**10)], [13, 10, 9], 0.4),
        (Cap("s", 1_000_000, 10**9), [gaussian(200_000, 10**7), laplace(100_000, 1)], [28, 12], 0.02),
    ],
)
def test_the_best_adaptive_strategy_stays_below_the_cap(
    cap: Cap, menu: list[Charge], most: list[int], reached: float
) -> None:
    assert cap.epsilon_micro is not None
    assert cap.delta_e15 is not None
    limits = limits_of(cap)
    gate = gate_of(limits, menu)
    for place, times in enumerate(most):
        assert not gate([times if index == place else 0 for index in range(len(menu))], place)
    delta = cap.delta_e15 / 1e15
    assert reached * delta < best_divergence(menu, most, gate, cap.epsilon_micro / 1e6) <= delta


def test_the_reckoning_would_notice_a_gate_that_is_too_wide() -> None:
    """One that lets the parts of delta be used by each track as a whole, at half as much epsilon again."""
    wide = limits_of(Cap("s", 6_000_000, 5 * 10**11))
    assert best_divergence(MIXED, [26, 60, 26], gate_of(wide, MIXED), 4.0) > 1e-4


def test_choosing_by_the_outcome_gains_something() -> None:
    """The best strategy beats every schedule of the same charges: the adversary is no mere schedule in disguise."""
    gate, most = gate_of(limits_of(HIGH), MIXED), (14, 34, 26)
    events = [event_of(charge.event, charge.epsilon_micro, charge.delta_e15) for charge in MIXED[:2]]
    pure = Event("discrete laplace", 2.0, 1, 500_000, 0)  # what the third charge is, but for its delta
    best = 0.0
    for asked in itertools.product(*(range(n + 1) for n in most)):
        whole = all(not gate(asked, place) for place in range(3))
        if whole and any(n and gate(_without(asked, place), place) for place, n in enumerate(asked)):
            done = [event for event, n in zip([*events, pure], asked, strict=True) for _ in range(n)]
            lost = 1 - (1 - MIXED[2].delta_e15 / 1e15) ** asked[2]
            best = max(best, lost + (1 - lost) * compose(done).losses.delta(4.0))
    assert 1e-5 < best < 0.999 * best_divergence(MIXED, most, gate, 4.0)


def _without(asked: Sequence[int], place: int) -> list[int]:
    return [n - (index == place) for index, n in enumerate(asked)]
