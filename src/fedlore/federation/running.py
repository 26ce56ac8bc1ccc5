"""Run the rounds of a machine's federations: who takes part, what is asked, whose turn it is, what a crash left."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np

from fedlore.catalogue.load import Catalogue, domains_of
from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import Plan, Unit
from fedlore.catalogue.presets import least_honest
from fedlore.federation.bands import Bands
from fedlore.federation.caps import NoRoom
from fedlore.federation.coordinator import RoundError
from fedlore.federation.machine import Machine
from fedlore.federation.messages import Release, Signed
from fedlore.federation.participant import charge_of
from fedlore.federation.policy import PolicyRefusal
from fedlore.federation.rounds import Progress, Settled, begin, contribute, finish, resume, run_round
from fedlore.federation.transports.local import LocalLink
from fedlore.federation.turns import Turns
from fedlore.learn.clipping import closer_bounds
from fedlore.learn.earlier import said_earlier
from fedlore.learn.expected import Setting, forecasts, released_shares
from fedlore.learn.statement import Statement
from fedlore.learn.sums import Sums
from fedlore.privacy.accountant import calibrate
from fedlore.privacy.earlier import Earlier
from fedlore.privacy.ledger import BudgetExceeded, Charge, delta_e15, epsilon_micro
from fedlore.privacy.planner import Planned, plan_round
from fedlore.privacy.questions import MIN_HOLDERS, Request
from fedlore.store.rounds import MemberRow


@dataclass(frozen=True, slots=True)
class Ask:
    """What one round is asked to learn, and for how much (epsilon and delta as numbers, not millionths).

    ``unit`` is what the noise protects; for a contributor or an organisation at most ``most_projects_each`` projects of
    a member take part (0: as many as the median member has by its band). ``force`` asks even where nothing can be said,
    ``reach`` only how far the values of the means reach, so that the next round can clip them closer. ``max_examples``
    is the most code templates that a project may name (0: none are asked), ``min_holders`` the least number of members
    that must hold one that is shown.
    """

    learning_type: str
    epsilon: float
    delta: float
    round_id: str | None = None
    measures: tuple[MeasureId, ...] = ()
    secure_aggregation: bool = True
    unit: Unit = "project"
    most_projects_each: int = 0
    force: bool = False
    reach: bool = False
    max_examples: int = 0
    min_holders: int = MIN_HOLDERS
    config: Mapping[str, Any] = field(default_factory=dict)


class Rounds:
    """The rounds of the federations on one machine; ``progress`` is told of each phase."""

    def __init__(self, machine: Machine, *, progress: Progress | None = None) -> None:
        self._machine = machine
        self._progress = progress
        self._rosters: dict[str, bytes] = {}
        self._turns = Turns(machine.home.coordinator)

    @property
    def catalogue(self) -> Catalogue:
        return self._machine.catalogue

    def cohort(self, federation_id: str, learning_type: str) -> list[MemberRow]:
        """The members that take part in a round of this type."""
        domains = set(domains_of(learning_type))
        return [
            member
            for member in self._machine.joined(federation_id)
            if self._interested(member, domains) and self._machine.is_here(federation_id, member.organization)
        ]

    def plan(self, federation_id: str, ask: Ask) -> Planned:
        """What such a round would ask and how wide its answers would be; nothing is spent.

        Raises `PolicyRefusal` for a cohort below the minimum and `NothingToSay` where no question is worth asking.
        """
        terms = self._machine.coordinator.terms(federation_id)
        cohort = self.cohort(federation_id, ask.learning_type)
        if len(cohort) < terms.min_cohort:
            raise PolicyRefusal(
                f"{len(cohort)} members would take part in this round, the federation asks at least {terms.min_cohort}"
            )
        each = sorted(Bands.from_dict(member.terms["bands"]).forecast_projects for member in cohort)
        limit = ask.most_projects_each
        if not limit and ask.unit in {"contributor", "organisation"}:
            limit = each[len(each) // 2]
        releases = self._released(federation_id)
        expected = released_shares(statement for release in releases for statement in _said(release))
        earlier = _earlier(releases)
        honest = least_honest(len(cohort), Fraction(terms.honest)) if ask.secure_aggregation else 1
        request = Request(
            round_id=ask.round_id or str(uuid.uuid4()),
            federation_id=federation_id,
            learning_type=ask.learning_type,
            as_of=self._machine.today(),
            epsilon_micro=epsilon_micro(ask.epsilon),
            delta_e15=delta_e15(ask.delta),
            members=len(cohort),
            projects=sum(min(number, limit or number) for number in each),
            least_honest=honest,
            min_cohort=terms.min_cohort,
            secure_aggregation=ask.secure_aggregation,
            measures=ask.measures,
            unit=ask.unit,
            most_projects_each=limit,
            expected=expected,
            # Who names measures asks them, whatever an earlier release says.
            earlier={} if ask.measures else earlier,
            bounds=self._closer_bounds(releases),
            reach=ask.reach,
            force=ask.force,
            max_examples=ask.max_examples,
            min_holders=ask.min_holders,
        )
        if request.epsilon_micro > terms.epsilon_total_micro or request.delta_e15 > terms.delta_total_e15:
            self._machine.coordinator.check_room(federation_id, Charge(request.epsilon_micro, request.delta_e15))
        planned = plan_round(request, self._machine.catalogue)
        self._machine.coordinator.check_room(federation_id, charge_of(planned.plan))
        setting = Setting(planned.plan, self._machine.catalogue, request.members, request.projects, expected, earlier)
        return replace(planned, forecasts=forecasts(setting))

    def check_both(self, federation_id: str, first: Plan, second: Plan, ask: Ask) -> None:
        """Raise whatever would refuse ``first``, or after it the round that ``ask`` asks for; nothing is spent.

        ``second`` is what that round would be now. What the first one releases may change its plan, and so what its
        noise counts for, but not its price: it is looked at as each of the mechanisms.
        """
        links = self._links_of(federation_id, ask)
        try:
            for later in (charge_of(second), *likely_charges(ask)):
                wanted = charge_of(first), later
                self._machine.coordinator.check_room(federation_id, *wanted)
                for name in sorted(links):
                    links[name].check_room([first, second], wanted)
        except BudgetExceeded as error:
            raise NoRoom(
                f"closer clipping takes two rounds, and they do not both fit: {error}; nothing was spent: ask without "
                "it, or for a lower price"
            ) from error

    def run(self, federation_id: str, ask: Ask, planned: Planned) -> Signed:
        """Run a planned round with everybody whom it concerns, and return its release.

        Raises `RoundError` while another round of the federation is running on this machine.
        """
        with self._turns.taken(federation_id):
            return run_round(
                self._machine.coordinator,
                self._links_of(federation_id, ask),
                planned.plan,
                config=ask.config,
                charge=charge_of(planned.plan),
                progress=self._progress,
            )

    def begin(self, federation_id: str, ask: Ask) -> list[str]:
        """Plan and open a round whose further steps the caller takes; its id stands first, then its members.

        The federation's turn is held until `finish`, or until the round fails. A round that this machine began and
        never finished is given up.
        """
        self._turns.take(federation_id)
        with self._unless_it_fails(federation_id):
            resume(self._machine.coordinator, self._machine.links(federation_id), federation_id)
            plan = self.plan(federation_id, ask).plan
            links = self._links_of(federation_id, ask)
            self._rosters[plan.round_id] = begin(
                self._machine.coordinator, links, plan, config=ask.config, charge=charge_of(plan)
            )
            return [plan.round_id, *sorted(links)]

    def contribute(self, federation_id: str, round_id: str, organization: str) -> None:
        """Let one member pay for a begun round and send its masked vector."""
        if round_id not in self._rosters:
            raise RoundError(f"no round {round_id} is open")
        links = self._machine.links(federation_id)
        if organization not in links:
            raise RoundError(f"{organization} is not a member of this federation")
        with self._unless_it_fails(federation_id):
            contribute(self._machine.coordinator, links, round_id, self._rosters[round_id], organization)

    def finish(self, federation_id: str, round_id: str) -> Signed:
        """Open the sum of a begun round, release and deliver it."""
        try:
            return finish(self._machine.coordinator, self._machine.links(federation_id), round_id)
        finally:
            self._rosters.pop(round_id, None)
            self._turns.leave(federation_id)

    def settle(self, federation_id: str) -> Settled:
        """Finish or give up what a crash left unfinished."""
        with self._turns.taken(federation_id):
            return resume(self._machine.coordinator, self._machine.links(federation_id), federation_id)

    def closer_bounds(self, federation_id: str) -> dict[MeasureId, tuple[float, float]]:
        """What released histograms allow to clip means to, the newest of each mean."""
        return self._closer_bounds(self._released(federation_id))

    def _closer_bounds(self, releases: Iterable[Release]) -> dict[MeasureId, tuple[float, float]]:
        found: dict[MeasureId, tuple[float, float]] = {}
        for release in releases:
            found |= closer_bounds(_sums(release), self._machine.catalogue)
        return found

    def _released(self, federation_id: str) -> list[Release]:
        """The federation's releases by this version's catalogue, oldest first: known to all members, so free to use."""
        found = [Release.read(signed.document) for _, signed in self._machine.coordinator.released(federation_id)]
        return [release for release in found if release.plan.catalogue_digest == self._machine.catalogue.digest]

    def _links_of(self, federation_id: str, ask: Ask) -> dict[str, LocalLink]:
        cohort = self.cohort(federation_id, ask.learning_type)
        return {member.organization: self._machine.link(federation_id, member.organization) for member in cohort}

    @contextmanager
    def _unless_it_fails(self, federation_id: str) -> Iterator[None]:
        """Keep the federation's turn at the end of the block, but not if it raises."""
        with ExitStack() as stack:
            stack.callback(self._turns.leave, federation_id)
            yield
            stack.pop_all()

    def _interested(self, member: MemberRow, domains: set[str]) -> bool:
        interests = member.terms.get("interests") or []
        measures = self._machine.catalogue.measures
        named = [{measures[name].domain} if name in measures else domains_of(name) for name in interests]
        return not interests or any(domains.intersection(found) for found in named)


def likely_charges(ask: Ask) -> list[Charge]:
    """What a round may be charged, by mechanism: Laplace noise needs no delta, Gaussian noise is calibrated to both."""
    price = epsilon_micro(ask.epsilon)
    laplace = {"mechanism": "discrete laplace", "noise_multiplier": 1 / ask.epsilon, "count": 1, "distance": 0.0}
    likely = [Charge(price, 1, laplace)]
    if ask.delta:
        multiplier = calibrate("discrete gaussian", ask.epsilon, ask.delta, 1.0)
        gaussian = {"mechanism": "discrete gaussian", "noise_multiplier": multiplier, "count": 1, "distance": 0.0}
        likely.append(Charge(price, delta_e15(ask.delta), gaussian))
    return likely


def _said(release: Release) -> list[Statement]:
    return [Statement.from_dict(statement) for statement in release.statements]


def _earlier(releases: Iterable[Release]) -> dict[MeasureId, Earlier]:
    """How common things are by the newest release that says it of each."""
    found: dict[MeasureId, Earlier] = {}
    for release in releases:
        found |= said_earlier(_sums(release), _said(release))
    return found


def _sums(release: Release) -> Sums:
    return Sums.from_release(release.plan, np.array(release.sums, dtype=np.int64), release.contributors)
