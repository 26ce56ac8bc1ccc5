"""One machine that holds a coordinator and participants: it builds the real parts, and lets organisations join.

This is the composition root of local federations; `running.Rounds` runs their rounds.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fedlore.catalogue.load import load_catalogue
from fedlore.federation.bands import Bands, bands_of
from fedlore.federation.coordinator import Coordinator, NoSuchFederation, RoundError
from fedlore.federation.home import Home, check_name
from fedlore.federation.identity import load_identity
from fedlore.federation.participant import Membership, Participant, Tools
from fedlore.federation.policy import Policy
from fedlore.federation.terms import Terms
from fedlore.federation.transports.local import LocalLink
from fedlore.observe.evidence import Features
from fedlore.observe.project import Observed
from fedlore.observe.projects import observe_projects
from fedlore.store import contributions
from fedlore.store.contributions import MembershipRow
from fedlore.store.database import Database
from fedlore.store.rounds import MemberRow

_DAY = 86_400
LEAST_COMMITS = 5


@dataclass(frozen=True, slots=True)
class Joining:
    """What came of an organisation's wish to join: its bands, and the reasons against it (none: it has joined)."""

    organization: str
    fingerprint: str
    bands: Bands
    reasons: tuple[str, ...]
    unreadable: tuple[str, ...]


class Machine:
    """The coordinator and the participants whose state lies under one home folder.

    ``jobs`` is the number of processes that read repositories, ``looking`` is told how many of them are read.
    """

    def __init__(
        self,
        home: Home | None = None,
        *,
        jobs: int | None = None,
        looking: Callable[[int, int], None] | None = None,
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
        self._seen: dict[tuple[str, str, int], list[Observed]] = {}
        self._databases: dict[str, Database] = {}
        self._links: dict[tuple[str, str], LocalLink] = {}

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
