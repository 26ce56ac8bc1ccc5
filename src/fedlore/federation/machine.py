"""One machine that holds a coordinator and participants: it builds the real parts and runs their rounds.

This is the composition root of local federations; the engine and the command line are thin over it.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from fedlore.catalogue.load import domains_of, load_catalogue
from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.presets import least_honest
from fedlore.federation.bands import Bands, bands_of
from fedlore.federation.coordinator import Coordinator, NoSuchFederation, RoundError
from fedlore.federation.home import Home, check_name
from fedlore.federation.identity import load_identity
from fedlore.federation.messages import Signed
from fedlore.federation.participant import Membership, Participant, Tools, charge_of
from fedlore.federation.policy import Policy, PolicyRefusal
from fedlore.federation.rounds import Progress, begin, contribute, finish, resume, run_round
from fedlore.federation.terms import Terms
from fedlore.federation.transports.local import LocalLink
from fedlore.federation.turns import Turns
from fedlore.observe.evidence import Features
from fedlore.observe.project import Observed
from fedlore.observe.projects import observe_projects
from fedlore.privacy.ledger import BudgetExceeded, delta_e15, epsilon_micro
from fedlore.privacy.planner import Planned, Request, plan_round
from fedlore.store import contributions
from fedlore.store.contributions import MembershipRow
from fedlore.store.database import Database
from fedlore.store.rounds import MemberRow

_DAY = 86_400
LEAST_COMMITS = 5


@dataclass(frozen=True, slots=True)
class Ask:
    """What one round is asked to learn, and for how much (epsilon and delta as numbers, not millionths)."""

    learning_type: str
    epsilon: float
    delta: float
    round_id: str | None = None
    measures: tuple[MeasureId, ...] = ()
    secure_aggregation: bool = True
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Joining:
    """What came of an organisation's wish to join: its bands, and the reasons against it (none: it has joined)."""

    organization: str
    fingerprint: str
    bands: Bands
    reasons: tuple[str, ...]
    unreadable: tuple[str, ...]


class Machine:
    """The coordinator and the participants whose state lies under one home folder."""

    def __init__(
        self,
        home: Home | None = None,
        *,
        jobs: int | None = None,
        looking: Callable[[int, int], None] | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.home = home or Home.default()
        self.catalogue = load_catalogue()
        self.coordinator = Coordinator(
            database=Database(self.home.coordinator_url),
            identity=load_identity(self.home.coordinator_key),
            catalogue=self.catalogue,
            now=now,
        )
        self._jobs = jobs
        self._looking = looking
        self._progress = progress
        self._seen: dict[tuple[str, str, int], list[Observed]] = {}
        self._databases: dict[str, Database] = {}
        self._links: dict[tuple[str, str], LocalLink] = {}
        self._rosters: dict[str, bytes] = {}
        self._turns = Turns(self.home.coordinator)

    def today(self) -> int:
        """The start of the current day (UTC), which rounds look back from."""
        return int(now()) // _DAY * _DAY

    def create(self, terms: Terms, invited: Sequence[str]) -> str:
        """Create a federation, invite the named, and return its id."""
        federation_id = str(uuid.uuid4())
        self.coordinator.create(federation_id, terms, {check_name(name): {} for name in invited})
        return federation_id

    def join(
        self,
        federation_id: str,
        organization: str,
        paths: Sequence[Path],
        *,
        policy: Policy,
        stated: Mapping[str, Any] | None = None,
    ) -> Joining:
        """Look at the repositories, and admit the organisation at once if nothing speaks against it.

        The reasons against are returned, not raised; a name that has joined already raises `StoreConflict`.
        """
        terms = self.coordinator.terms(federation_id)
        identity = load_identity(self.home.participant(organization) / "identity.key")
        observed = self._look_at(organization, [path.resolve() for path in paths], self.today())
        reasons = _reasons(observed, policy, terms)
        bands = bands_of(observed)
        unreadable = tuple(f"{item.path}: {item.error}" for item in observed if item.error is not None)
        joining = Joining(organization, identity.fingerprint, bands, reasons, unreadable)
        if reasons:
            return joining
        told = {
            **(stated or {}),
            "bands": bands.as_dict(),
            "interests": list(policy.interests),
            "min_cohort": policy.min_cohort,
            "honest": policy.honest,
        }
        readable = [str(item.path) for item in observed if item.features is not None]
        self.coordinator.admit(federation_id, organization, identity.public, told)
        row = MembershipRow(federation_id, self.coordinator.public_key, policy.as_dict(), now())
        with self.database(organization).transaction() as connection:
            contributions.add_membership(connection, row, readable)
        return joining

    def features(self, federation_id: str, organizations: Sequence[str]) -> list[Features]:
        """The features of these organisations' projects, for their owner on this machine; nothing leaves."""
        return [
            found
            for name in organizations
            for found in _readable(self._look_at(name, self.paths(federation_id, name), self.today()))
        ]

    def features_at(self, name: str, paths: Sequence[Path]) -> list[Features]:
        """The features of repositories that belong to no federation; ``name`` is where their cache is kept."""
        return _readable(self._look_at(name, [path.resolve() for path in paths], self.today()))

    def paths(self, federation_id: str, organization: str) -> list[Path]:
        """The repositories that one organisation takes part with."""
        with self.database(organization).reading() as connection:
            return [Path(path) for path in contributions.repositories_of(connection, federation_id)]

    def chosen(self, federation_id: str | None) -> str:
        """The named federation, or the newest; raises `NoSuchFederation` if there is none."""
        known = [row.federation_id for row in self.coordinator.federations()]
        if federation_id is None and known:
            return known[0]
        if federation_id is None or federation_id not in known:
            named = f"no consortium has the id {federation_id}" if federation_id else "there is no consortium here yet"
            raise NoSuchFederation(f"{named}; see fedlore federation create")
        return federation_id

    def database(self, organization: str) -> Database:
        """The participant's own store."""
        if organization not in self._databases:
            self._databases[organization] = Database(self.home.participant_url(organization))
        return self._databases[organization]

    def joined(self, federation_id: str) -> list[MemberRow]:
        return [member for member in self.coordinator.members(federation_id) if member.state == "joined"]

    def link(self, federation_id: str, organization: str) -> LocalLink:
        """The link to a participant whose state lies under this home."""
        key = (federation_id, organization)
        if key not in self._links:
            self._links[key] = LocalLink(self._participant(federation_id, organization))
        return self._links[key]

    def links(self, federation_id: str) -> dict[str, LocalLink]:
        return {m.organization: self.link(federation_id, m.organization) for m in self.joined(federation_id)}

    def cohort(self, federation_id: str, learning_type: str) -> list[MemberRow]:
        """The members that take part in a round of this type."""
        domains = set(domains_of(learning_type))
        return [member for member in self.joined(federation_id) if self._interested(member, domains)]

    def plan(self, federation_id: str, ask: Ask) -> Planned:
        """What such a round would ask and how wide its answers would be; nothing is spent.

        Raises `PolicyRefusal` for a cohort below the minimum and `NothingToSay` where no question is worth asking.
        """
        terms = self.coordinator.terms(federation_id)
        cohort = self.cohort(federation_id, ask.learning_type)
        if len(cohort) < terms.min_cohort:
            raise PolicyRefusal(
                f"{len(cohort)} members would take part in this round, the federation asks at least {terms.min_cohort}"
            )
        projects = sum(Bands.from_dict(member.terms["bands"]).forecast_projects for member in cohort)
        honest = least_honest(len(cohort), Fraction(terms.honest)) if ask.secure_aggregation else 1
        request = Request(
            round_id=ask.round_id or str(uuid.uuid4()),
            federation_id=federation_id,
            learning_type=ask.learning_type,
            as_of=self.today(),
            epsilon_micro=epsilon_micro(ask.epsilon),
            delta_e15=delta_e15(ask.delta),
            members=len(cohort),
            projects=projects,
            least_honest=honest,
            min_cohort=terms.min_cohort,
            secure_aggregation=ask.secure_aggregation,
            measures=ask.measures,
        )
        self._check_left(federation_id, terms, request)
        return plan_round(request, self.catalogue)

    def run(self, federation_id: str, ask: Ask, planned: Planned) -> Signed:
        """Run a planned round with everybody whom it concerns, and return its release.

        Raises `RoundError` while another round of the federation is running on this machine.
        """
        with self._turns.taken(federation_id):
            return run_round(
                self.coordinator,
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
            self._resume(federation_id)
            plan = self.plan(federation_id, ask).plan
            links = self._links_of(federation_id, ask)
            self._rosters[plan.round_id] = begin(
                self.coordinator, links, plan, config=ask.config, charge=charge_of(plan)
            )
            return [plan.round_id, *sorted(links)]

    def contribute(self, federation_id: str, round_id: str, organization: str) -> None:
        """Let one member pay for a begun round and send its masked vector."""
        if round_id not in self._rosters:
            raise RoundError(f"no round {round_id} is open")
        links = self.links(federation_id)
        if organization not in links:
            raise RoundError(f"{organization} is not a member of this federation")
        with self._unless_it_fails(federation_id):
            contribute(self.coordinator, links, round_id, self._rosters[round_id], organization)

    def finish(self, federation_id: str, round_id: str) -> Signed:
        """Open the sum of a begun round, release and deliver it."""
        try:
            return finish(self.coordinator, self.links(federation_id), round_id)
        finally:
            self._rosters.pop(round_id, None)
            self._turns.leave(federation_id)

    def settle(self, federation_id: str) -> list[Signed]:
        """Finish or give up what a crash left unfinished; the releases that came of it."""
        with self._turns.taken(federation_id):
            return self._resume(federation_id)

    def _resume(self, federation_id: str) -> list[Signed]:
        links = self.links(federation_id)
        finished = resume(self.coordinator, links, federation_id)
        for link in links.values():
            for round_id in link.participant.open_rounds():
                row = self.coordinator.find(round_id)
                if row is None or row.state == "ended":
                    link.end(round_id)
        return finished

    def _links_of(self, federation_id: str, ask: Ask) -> dict[str, LocalLink]:
        cohort = self.cohort(federation_id, ask.learning_type)
        return {member.organization: self.link(federation_id, member.organization) for member in cohort}

    @contextmanager
    def _unless_it_fails(self, federation_id: str) -> Iterator[None]:
        """Keep the federation's turn at the end of the block, but not if it raises."""
        with ExitStack() as stack:
            stack.callback(self._turns.leave, federation_id)
            yield
            stack.pop_all()

    def _participant(self, federation_id: str, organization: str) -> Participant:
        database = self.database(organization)
        with database.reading() as connection:
            rows = [row for row in contributions.memberships_of(connection) if row.federation_id == federation_id]
        if not rows:
            raise RoundError(f"{organization} has not joined consortium {federation_id} on this machine")

        def look(as_of: int) -> list[Features]:
            observed = self._look_at(organization, self.paths(federation_id, organization), as_of)
            return _readable(observed)

        return Participant(
            organization,
            database=database,
            identity=load_identity(self.home.participant(organization) / "identity.key"),
            membership=Membership(federation_id, rows[0].coordinator_key, Policy.from_dict(rows[0].terms)),
            catalogue=self.catalogue,
            look=look,
            tools=Tools(now, os.urandom),
        )

    def _interested(self, member: MemberRow, domains: set[str]) -> bool:
        interests = member.terms.get("interests") or []
        measures = self.catalogue.measures
        named = [{measures[name].domain} if name in measures else domains_of(name) for name in interests]
        return not interests or any(domains.intersection(found) for found in named)

    def _check_left(self, federation_id: str, terms: Terms, request: Request) -> None:
        """Say early what the ledgers would say later: that the federation's budget does not pay this round."""
        spent = self.coordinator.spent(federation_id)
        left = terms.epsilon_total_micro - spent.epsilon_micro, terms.delta_total_e15 - spent.delta_e15
        if request.epsilon_micro > left[0] or request.delta_e15 > left[1]:
            raise BudgetExceeded(federation_id, max(0, left[0]), max(0, left[1]))

    def _look_at(self, organization: str, paths: Sequence[Path], as_of: int) -> list[Observed]:
        ordered = sorted(set(paths))
        key = (organization, "\0".join(map(str, ordered)), as_of)
        if key not in self._seen:
            cache = self.home.participant(organization) / "cache.sqlite"
            self._seen[key] = observe_projects(
                ordered, as_of=as_of, cache=cache, jobs=self._jobs, progress=self._looking
            )
        return self._seen[key]


def now() -> float:
    """The current Unix time in seconds."""
    return time.time()


def _readable(observed: Sequence[Observed]) -> list[Features]:
    return [project.features for project in observed if project.features is not None]


def _reasons(observed: Sequence[Observed], policy: Policy, terms: Terms) -> tuple[str, ...]:
    reasons = []
    readable = [project for project in observed if project.features is not None]
    if not readable:
        reasons.append("no repository that could be read")
    elif max(project.commits for project in readable) < LEAST_COMMITS:
        reasons.append(f"too little history: no repository has {LEAST_COMMITS} commits")
    if policy.min_cohort > terms.min_cohort:
        reasons.append(f"its policy asks for {policy.min_cohort} members, the federation for {terms.min_cohort}")
    return tuple(reasons)
