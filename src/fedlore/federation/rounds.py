"""Run one round over any transport: open, exchange keys, pay and send, unmask, release, deliver."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from fedlore.aggregate.masking.errors import ProtocolError
from fedlore.catalogue.errors import FedloreError
from fedlore.catalogue.plan import Plan
from fedlore.federation.coordinator import Coordinator
from fedlore.federation.messages import Signed
from fedlore.govern.audit.entry import Head
from fedlore.privacy.ledger import Charge

Progress = Callable[[str, int, int], None]


class Link(Protocol):
    """How a coordinator reaches one participant: bytes there, bytes back."""

    def check_room(self, plans: Sequence[Plan], wanted: Sequence[Charge]) -> None:
        """Ask early whether the participant would take part in these rounds, at these prices, one after another."""

    def advertise(self, opening: Signed) -> bytes:
        """Send the opening of a round; the participant's key for it comes back."""

    def contribute(self, roster: bytes) -> bytes:
        """Send everybody's keys; the masked vector comes back, paid for."""

    def unmask(self, request: bytes) -> bytes:
        """Ask for the message that opens the sum."""

    def audit_head(self, known: Head) -> Head:
        """Ask for the end of the participant's audit log, which must still hold the end that is known."""

    def end(self, round_id: str) -> None:
        """Say that a round is given up."""

    def open_rounds(self, federation_id: str) -> list[str]:
        """Ask for the rounds that are paid for but neither opened nor given up."""

    def receive(self, release: Signed) -> None:
        """Deliver a release."""


def run_round(
    coordinator: Coordinator,
    links: Mapping[str, Link],
    plan: Plan,
    *,
    config: Mapping[str, Any],
    charge: Charge,
    progress: Progress | None = None,
) -> Signed:
    """The release of one round over these members.

    Whatever goes wrong before the first unmask message ends the round: every charge is void and the error goes on to
    the caller. After it the charge stands, and `resume` finishes the round from the stored messages.
    """
    tell = progress or _silent
    roster = begin(coordinator, links, plan, config=config, charge=charge)
    for done, name in enumerate(sorted(links)):
        tell("reading, paying and masking", done, len(links))
        contribute(coordinator, links, plan.round_id, roster, name)
    return finish(coordinator, links, plan.round_id, progress=tell)


def begin(
    coordinator: Coordinator, links: Mapping[str, Link], plan: Plan, *, config: Mapping[str, Any], charge: Charge
) -> bytes:
    """Open a round and exchange keys; the roster that every member masks against.

    Each side first holds the other's audit log against the end that it knew; raises `AuditError` for one rolled back.
    """
    opening = coordinator.open_round(plan, sorted(links), config, charge)
    with _or_give_up(coordinator, links, plan.round_id):
        _keep_heads(coordinator, links, plan.round_id, sorted(links))
        for name in sorted(links):
            coordinator.receive_advertise(plan.round_id, links[name].advertise(opening))
        return coordinator.roster(plan.round_id)


def contribute(coordinator: Coordinator, links: Mapping[str, Link], round_id: str, roster: bytes, name: str) -> None:
    """Let one member pay and send its masked vector."""
    with _or_give_up(coordinator, links, round_id):
        coordinator.before_contribution(round_id)
        coordinator.receive_masked(round_id, links[name].contribute(roster))


def finish(
    coordinator: Coordinator, links: Mapping[str, Link], round_id: str, *, progress: Progress | None = None
) -> Signed:
    """Open the sum, release it and deliver it. From the first unmask message on nothing is given up."""
    tell = progress or _silent
    with _or_give_up(coordinator, links, round_id):
        request = coordinator.unmask_request(round_id)
    names = sorted(coordinator.masked_messages(round_id))
    trouble: dict[str, str] = {}
    for done, name in enumerate(names):
        tell("opening the sum", done, len(names))
        # Everybody is asked even if one cannot answer: what may have been opened is paid for by all who are here.
        with _noted(trouble, name):
            coordinator.receive_unmask(round_id, _link(links, name).unmask(request))
    if trouble:
        raise ProtocolError("; ".join(f"{name} cannot open the sum: {why}" for name, why in trouble.items()))
    _keep_heads(coordinator, links, round_id, names)
    release = coordinator.release(round_id)
    for name in names:
        with _noted(trouble, name):
            links[name].receive(release)
    if trouble:
        raise ProtocolError("; ".join(f"{name} did not take the release: {why}" for name, why in trouble.items()))
    return release


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of the rounds that a crash left: the releases finished now, and why others still cannot be finished."""

    finished: tuple[Signed, ...]
    stuck: Mapping[str, str]


def resume(coordinator: Coordinator, links: Mapping[str, Link], federation_id: str) -> Settled:
    """Settle what a crash left: finish rounds that were being unmasked, give up the others, deliver what was not.

    A round that cannot be finished now, because a member is not here or refuses, stays paid and is tried again.
    """
    finished: list[Signed] = []
    stuck: dict[str, str] = {}
    for row in coordinator.unfinished(federation_id):
        if row.state == "open":
            stuck.update(give_up(coordinator, links, row.round_id))
            continue
        with _noted(stuck, row.round_id, "; its charge stands"):
            coordinator.restore(row.round_id)
            finished.append(finish(coordinator, links, row.round_id))
    for row, release in coordinator.released(federation_id):
        for name in coordinator.masked_messages(row.round_id):
            if name in links:
                with _noted(stuck, f"{row.round_id}, for {name},"):
                    links[name].receive(release)
    for name, link in links.items():
        with _noted(stuck, f"what {name} left open"):
            for round_id in link.open_rounds(federation_id):
                if coordinator.find(round_id) is None or coordinator.end(round_id):
                    link.end(round_id)
    return Settled(tuple(finished), stuck)


def give_up(coordinator: Coordinator, links: Mapping[str, Link], round_id: str) -> dict[str, str]:
    """End a round on every side, unless something may have been unmasked; why members did not hear of it, by name."""
    trouble: dict[str, str] = {}
    if coordinator.end(round_id):
        for name, link in links.items():
            with _noted(trouble, f"{round_id}, for {name},"):
                link.end(round_id)
    return trouble


def _keep_heads(coordinator: Coordinator, links: Mapping[str, Link], round_id: str, names: Sequence[str]) -> None:
    known = coordinator.known_heads(round_id, names)
    coordinator.keep_heads(round_id, {name: links[name].audit_head(known[name]) for name in names})


def _link(links: Mapping[str, Link], name: str) -> Link:
    if name not in links:
        raise ProtocolError(f"{name} is not here")
    return links[name]


@contextmanager
def _noted(trouble: dict[str, str], name: str, more: str = "") -> Iterator[None]:
    """Note what one member's refusal or failure was, so that the others are still reached."""
    try:
        yield
    except (FedloreError, OSError) as error:
        trouble[name] = f"{error}{more}"


@contextmanager
def _or_give_up(coordinator: Coordinator, links: Mapping[str, Link], round_id: str) -> Iterator[None]:
    """Give the round up if the block does not come to its end, whatever stops it."""
    with ExitStack() as stack:
        stack.callback(give_up, coordinator, links, round_id)
        yield
        stack.pop_all()


def _silent(_stage: str, _done: int, _of: int) -> None:
    """No progress is shown."""
