"""Whether one more charge fits under a cap, when each charge may be chosen after the outcomes of all before it.

A cap (epsilon, delta) is held by *tracks*, each of which bounds the sum of one kind of loss and has a part of delta of
its own; a charge is admitted if history and charge fit one track together. All sums are integers, rounded up, and all
limits integers, rounded down. Proofs, neighbouring relation and sources: docs/proofs/filters.md.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from fedlore.privacy.accountant import Event, event_of, gaussian_delta
from fedlore.privacy.bisection import largest
from fedlore.privacy.ledger import DELTA_UNIT, EPSILON_UNIT, Cap, Charge
from fedlore.privacy.losses import pure_mu2
from fedlore.privacy.shares import MechanismError

Track = Literal["sum", "gaussian", "renyi", "first"]
"""``sum``: of the stated prices. ``gaussian``: of mu^2 (GDP). ``renyi``: of divergences at the cap's order (RDP).
``first``: the first charge of all may take the whole cap."""

Alike = tuple[str | int | float | None, ...]
"""A charge's price and what its event names, without what only says which plan it was (see `alike`)."""

ORDERS = (
    *(1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0),
    *(16.0, 24.0, 32.0, 48.0, 64.0, 96.0, 128.0, 256.0, 512.0, 1024.0, 2048.0),
)
"""The Renyi orders at which each loss is kept; a cap is held at the one of them that suits it best."""

_PERCENT = {"sum": 50, "gaussian": 22, "renyi": 22, "plain": 5, "distance": 1}  # of the cap's delta
_MU2_UNIT, _RENYI_UNIT, _DISTANCE_UNIT = 10**12, 10**9, 10**36
_MOST_EPSILON = 500  # a cap above it says nothing; only its sums are held
_MOST = 2**53  # units of a loss: more than any limit of a cap that is at most `_MOST_EPSILON`
_MOST_MORE = 10**6
_ROUNDING = 1e-12  # above what a few operations in double precision lose


@dataclass(frozen=True, slots=True)
class Loss:
    """What one charge adds to each track.

    ``epsilon_micro`` (1e-6) and ``delta_e15`` (1e-15) are its stated price. ``mu2_e12`` (1e-12) is the mu^2 and
    ``renyi_e9`` (1e-9) the divergence at each of `ORDERS` of its exact mechanism, ``distance_e36`` (1e-36, total
    variation) how far its noise is from that. ``plain_delta_e15`` is the delta of a charge whose mechanism is unknown,
    0 for others.
    """

    epsilon_micro: int
    delta_e15: int
    mu2_e12: int
    renyi_e9: tuple[int, ...]
    plain_delta_e15: int
    distance_e36: int


@dataclass(frozen=True, slots=True)
class Spent:
    """The sums of `Loss` over ``charges`` charges; adding a loss gives the sums with it."""

    charges: int = 0
    epsilon_micro: int = 0
    delta_e15: int = 0
    mu2_e12: int = 0
    renyi_e9: tuple[int, ...] = (0,) * len(ORDERS)
    plain_delta_e15: int = 0
    distance_e36: int = 0

    def __add__(self, loss: Loss) -> Spent:
        return self.plus(loss, 1)

    def plus(self, loss: Loss, times: int) -> Spent:
        """The sums with ``times`` equal charges more."""
        return Spent(
            self.charges + times,
            self.epsilon_micro + times * loss.epsilon_micro,
            self.delta_e15 + times * loss.delta_e15,
            self.mu2_e12 + times * loss.mu2_e12,
            tuple(have + times * more for have, more in zip(self.renyi_e9, loss.renyi_e9, strict=True)),
            self.plain_delta_e15 + times * loss.plain_delta_e15,
            self.distance_e36 + times * loss.distance_e36,
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that each sum of a cap may be, in the units of `Loss`; None: without limit, below 0: a closed track.

    ``order`` is the place in `ORDERS` of the order at which the cap is held.
    """

    epsilon_micro: int | None
    sum_epsilon_micro: int | None
    delta_e15: int | None
    sum_delta_e15: int | None
    mu2_e12: int
    order: int
    renyi_e9: int
    plain_delta_e15: int
    distance_e36: int


def loss_of(charge: Charge) -> Loss:
    """What a charge adds to each track; a charge without a known `Event` counts as pure epsilon and its delta.

    The charge's stated price must hold (who reserves a round has checked its plan's noise against it).
    """
    return _loss(charge.epsilon_micro, charge.delta_e15, _event(charge))


def spent_by(charges: Iterable[Charge]) -> Spent:
    """The sums over all charges that stand (reserved or committed) in one scope and period; equal ones are merged."""
    first: dict[Alike, Charge] = {}
    times: Counter[Alike] = Counter()
    for charge in charges:
        key = alike(charge)
        first.setdefault(key, charge)
        times[key] += 1
    spent = Spent()
    for key, charge in first.items():
        spent = spent.plus(loss_of(charge), times[key])
    return spent


def alike(charge: Charge) -> Alike:
    """What the loss of a charge depends on: charges that are alike in it have the same `Loss`, reckoned once."""
    event = charge.event
    told = (event.get("mechanism"), event.get("noise_multiplier"), event.get("count"), event.get("distance"))
    known = (value if isinstance(value, str | int | float) else None for value in told)
    return (charge.epsilon_micro, charge.delta_e15, *known)


def admits(cap: Cap, spent: Spent, charge: Charge) -> bool:
    """Whether ``charge`` fits under ``cap`` beside ``spent``, whatever the earlier outcomes made somebody ask for."""
    return bool(tracks(limits_of(cap), spent, loss_of(charge)))


def tracks(limits: Limits, spent: Spent, loss: Loss) -> tuple[Track, ...]:
    """The tracks that admit a loss beside what is spent; none: it is refused. ``first`` stands alone."""
    after = spent + loss
    found: list[Track] = []
    if _within(after.epsilon_micro, limits.sum_epsilon_micro) and _within(after.delta_e15, limits.sum_delta_e15):
        found.append("sum")
    if after.plain_delta_e15 <= limits.plain_delta_e15 and after.distance_e36 <= limits.distance_e36:
        if after.mu2_e12 <= limits.mu2_e12:
            found.append("gaussian")
        if after.renyi_e9[limits.order] <= limits.renyi_e9:
            found.append("renyi")
    if not found and not spent.charges:
        whole = _within(after.epsilon_micro, limits.epsilon_micro) and _within(after.delta_e15, limits.delta_e15)
        found += ["first"] if whole else []
    return tuple(found)


def more(limits: Limits, spent: Spent, loss: Loss) -> int:
    """How many charges of this ``loss`` are still admitted one after another, counted up to 1,000,000."""
    return largest(_MOST_MORE, lambda count: bool(tracks(limits, spent.plus(loss, count - 1), loss)))


def limits_of(cap: Cap) -> Limits:
    """The limits that hold a cap's epsilon and delta.

    A cap without a delta, or without an epsilon, is held by the sums alone.
    """
    if cap.epsilon_micro is None or cap.delta_e15 is None:
        return Limits(cap.epsilon_micro, cap.epsilon_micro, cap.delta_e15, cap.delta_e15, -1, 0, -1, -1, -1)
    parts = {name: cap.delta_e15 * percent // 100 for name, percent in _PERCENT.items()}
    epsilon = cap.epsilon_micro / EPSILON_UNIT
    usable = epsilon <= _MOST_EPSILON
    mu2 = _most_mu2(epsilon, parts["gaussian"] / DELTA_UNIT) if usable and parts["gaussian"] else -1
    order, renyi = _most_renyi(epsilon, parts["renyi"] / DELTA_UNIT) if usable and parts["renyi"] else (0, -1)
    distance = parts["distance"] * (_DISTANCE_UNIT // DELTA_UNIT) / (1 + math.exp(epsilon)) if usable else -1
    return Limits(
        cap.epsilon_micro,
        cap.epsilon_micro,
        cap.delta_e15,
        parts["sum"],
        mu2,
        order,
        renyi,
        parts["plain"],
        math.floor(distance * (1 - _ROUNDING)),
    )


def _within(value: int, limit: int | None) -> bool:
    return limit is None or value <= limit


def _event(charge: Charge) -> Event | None:
    try:
        return event_of(charge.event, charge.epsilon_micro, charge.delta_e15)
    except MechanismError:
        return None


def _loss(epsilon_micro: int, delta_e15: int, event: Event | None) -> Loss:
    if event is None:
        epsilon = epsilon_micro / EPSILON_UNIT
        mu2, renyi = pure_mu2(epsilon), tuple(_pure_renyi(epsilon, order) for order in ORDERS)
        plain, distance = delta_e15, 0.0
    else:
        plain, distance = 0, event.distance
        mu2, renyi = _exact(event)
    return Loss(
        epsilon_micro,
        delta_e15,
        _up(mu2, _MU2_UNIT),
        tuple(_up(value, _RENYI_UNIT) for value in renyi),
        plain,
        math.ceil(distance * (1 + _ROUNDING) * _DISTANCE_UNIT),
    )


def _exact(event: Event) -> tuple[float, tuple[float, ...]]:
    """mu^2 and the Renyi divergences of an event's exact mechanism."""
    if event.mechanism == "discrete gaussian":
        mu2 = min(float(_MOST), event.count / event.noise_multiplier / event.noise_multiplier)
        return mu2, tuple(order * mu2 / 2 for order in ORDERS)
    one, whole = 1 / event.noise_multiplier, event.count / event.noise_multiplier
    mu2 = min(event.count * pure_mu2(one), pure_mu2(whole))
    return mu2, tuple(min(event.count * _pure_renyi(one, order), _pure_renyi(whole, order)) for order in ORDERS)


def _pure_renyi(epsilon: float, order: float) -> float:
    """The Renyi divergence of any epsilon-private mechanism: that of randomised response, or a little more."""
    beyond = epsilon - math.log1p(math.exp(-epsilon)) / (order - 1)
    if order * epsilon > _MOST_EPSILON:
        return beyond
    # The moment is 1 + this, in a form that loses nothing for small epsilons.
    above = -math.expm1((1 - order) * epsilon) * math.expm1(order * epsilon) / (1 + math.exp(epsilon))
    return math.log1p(above) / (order - 1)


def _most_mu2(epsilon: float, delta: float) -> int:
    """The greatest mu^2, in 1e-12, of a Gaussian mechanism that is (epsilon, delta)-private."""

    def fits(mu2_e12: int) -> bool:
        multiplier = math.sqrt(_MU2_UNIT / mu2_e12)
        lost = 1e-13 * math.erfc((epsilon * multiplier - 1 / (2 * multiplier)) / math.sqrt(2))  # to cancellation
        return gaussian_delta(multiplier, epsilon) + lost <= delta

    return largest(_MOST - 1, fits)


def _most_renyi(epsilon: float, delta: float) -> tuple[int, int]:
    """The order that leaves a Gaussian mechanism the most, and the most divergence there, in 1e-9.

    The conversion is that of Canonne, Kamath and Steinke, NeurIPS 2020, Proposition 12.
    """
    most = [
        epsilon + (math.log(delta) + math.log(order)) / (order - 1) + math.log(order / (order - 1)) for order in ORDERS
    ]
    order = max(range(len(ORDERS)), key=lambda place: most[place] / ORDERS[place])
    return order, math.floor(most[order] * _RENYI_UNIT) - 1


def _up(value: float, unit: int) -> int:
    return min(_MOST, max(1, math.ceil(min(value, _MOST) * (1 + _ROUNDING) * unit)))
