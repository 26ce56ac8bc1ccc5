"""The tight total of 1,000 releases, and of one more, beside dp-accounting composing the same events one by one."""

from __future__ import annotations

import functools
import math
import statistics
import subprocess
import sys

from dp_accounting import dp_event
from dp_accounting.pld import PLDAccountant
from dp_accounting.pld import privacy_loss_distribution as pld

from bench.clock import timed
from bench.row import Row, at_least, value
from fedlore.privacy.accountant import Composed, Event, calibrate, compose, naive
from fedlore.privacy.filters import Spent, limits_of, loss_of, more
from fedlore.privacy.ledger import Cap, Charge

DELTA = 1e-6
KINDS = (
    *(Event("discrete laplace", 40.5 + 7 * index, 1 + index, 1, 0) for index in range(6)),
    *(Event("discrete gaussian", 30.5 + 9 * index, 1, 1, 0) for index in range(4)),
)
EVENTS = [KINDS[index % len(KINDS)] for index in range(1000)]
ONE_MORE = Event("discrete laplace", 77.7, 3, 1, 0)
REPEATS = 7


def run() -> list[Row]:
    """Medians of ours; the peer once. Both in this process, imports done before; ours in a cold one apart."""
    together = compose(EVENTS)
    ours = together.epsilon(DELTA)
    whole = statistics.median(timed(lambda: compose(EVENTS).epsilon(DELTA)) for _ in range(REPEATS))
    again = statistics.median(timed(lambda: together.plus([ONE_MORE]).epsilon(DELTA)) for _ in range(REPEATS))
    peer = _Peer()
    peer_whole, peer_again = timed(peer.all_events), timed(peer.one_more)
    tenth = calibrate("discrete gaussian", 0.1, 1e-8, 1.0)
    hundred = [Event("discrete gaussian", tenth, 1, 100_000, 10**7)] * 100
    return [
        at_least("accounting: 1,000 events of ten kinds, one total", whole, peer_whole, 10),
        value("accounting: the same in seconds", whole, high=0.3, peer=peer_whole, unit="s"),
        value("accounting: one event more and the new total, seconds", again, high=0.3, peer=peer_again, unit="s"),
        value("accounting: that total over the peer's, which rounds up", ours / peer.epsilon, low=0.95, high=1.0),
        value("accounting: that total over the library's exact discretisation", ours / _exact(), low=0.99, high=1.01),
        value("accounting: 1,000 events of 1,000 kinds, seconds", _distinct(), high=0.5, unit="s"),
        value("accounting: a cold process, imports and the first total, seconds", _cold(), high=2.0, unit="s"),
        value(
            "accounting: 100 Gaussian releases of (0.1, 1e-8) in all",
            _total(hundred),
            high=0.92,
            peer=naive(hundred)[0],
        ),
        value("accounting: such releases under a cap of (1, 1e-6), by the gate", _admitted(tenth), low=60, peer=10),
    ]


class _Peer:
    """dp-accounting's own accountant over the same events, at its default grid."""

    def __init__(self) -> None:
        self._accountant = PLDAccountant()
        self.epsilon = 0.0

    def all_events(self) -> None:
        for event in EVENTS:
            self._accountant.compose(_as_peer(event))
        self.epsilon = self._accountant.get_epsilon(DELTA)

    def one_more(self) -> None:
        self._accountant.compose(_as_peer(ONE_MORE))
        self._accountant.get_epsilon(DELTA)


def _as_peer(event: Event) -> dp_event.DpEvent:
    if event.mechanism == "discrete gaussian":
        return dp_event.GaussianDpEvent(event.noise_multiplier)
    return dp_event.SelfComposedDpEvent(dp_event.DiscreteLaplaceDpEvent(1 / event.noise_multiplier, 1), event.count)


def _exact() -> float:
    """The total by dp-accounting's loss distributions, connected dots of equal events."""
    losses = [
        pld.from_gaussian_mechanism(kind.noise_multiplier / math.sqrt(100))
        if kind.mechanism == "discrete gaussian"
        else pld.from_discrete_laplace_mechanism(1 / kind.noise_multiplier, use_connect_dots=True).self_compose(
            100 * kind.count
        )
        for kind in KINDS
    ]
    return float(functools.reduce(lambda one, other: one.compose(other), losses).get_epsilon_for_delta(DELTA))


def _distinct() -> float:
    events = [Event("discrete laplace", 40 + index / 7, 1 + index % 5, 1, 0) for index in range(1000)]
    return statistics.median(timed(lambda: compose(events).epsilon(DELTA)) for _ in range(3))


def _cold() -> float:
    script = (
        "from fedlore.privacy.accountant import Event, total_epsilon\n"
        "total_epsilon([Event('discrete laplace', 10.0, 3, 1, 0), Event('discrete gaussian', 4.0, 1, 1, 0)], 1e-6)"
    )
    return timed(lambda: subprocess.run([sys.executable, "-c", script], check=True))


def _total(events: list[Event]) -> float:
    found: Composed = compose(events)
    return found.epsilon(DELTA)


def _admitted(multiplier: float) -> int:
    event = Event("discrete gaussian", multiplier, 1, 100_000, 10**7)
    charge = Charge(100_000, 10**7, event.as_dict())
    return more(limits_of(Cap("federation", 10**6, 10**9)), Spent(), loss_of(charge))
