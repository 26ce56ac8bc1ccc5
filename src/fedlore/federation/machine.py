"""One machine that holds a coordinator and participants: it builds the real parts, and lets organisations join.

This is the composition root of local federations; `running.Rounds` runs their rounds.
"""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from fedlore.catalogue.load import load_catalogue
from fedlore.federation.bands import Bands, bands_of
from fedlore.federation.coordinator import Coordinator, NoSuchFederation, RoundError
from fedlore.federation.home import Home, check_name
from fedlore.federation.identity import Identity, load_identity
from fedlore.federation.participant import Membership, Participant, Tools
from fedlore.federation.policy import Policy, PolicyRefusal
from fedlore.federation.terms import Terms
from fedlore.federation.transports.local import LocalLink
from fedlore.observe.command import RepositoryError
from fedlore.observe.evidence import Features
from fedlore.observe.owner.capacity import Capacity, within_capacity
from fedlore.observe.project import Observed
from fedlore.observe.projects import observe_projects
from fedlore.observe.references import head_of, printable
from fedlore.store import contributions, kin
from fedlore.store.contributions import MembershipRow
from fedlore.store.database import Database
from fedlore.store.rounds import MemberRow

_DAY = 86_400
LEAST_COMMITS = 5


@dataclass(frozen=True, slots=True)
class Joining:
    """What came of an organisation's wish to join: its bands, and the reasons against it (none: it has joined).

    ``left_out`` is the sentence on what its contribution capacity leaves out, empty if nothing is; ``notes`` begin with
    it.
    """

    organization: str
    fingerprint: str
    bands: Bands
    reasons: tuple[str, ...]
    projects: int
    notes: tuple[str, ...]
    left_out: str = ""


class Machine:
    """The coordinator and the participants whose state lies under one home folder.

    ``jobs`` is the number of processes that read repositories, ``looking`` is told how many of them are
    read, ``clock`` gives the Unix time. ``telling`` gets the name of a participant and a sentence for its owner alone.
    """

    def __init__(
        self,
        home: Home | None = None,
        *,
        jobs: int | None = None,
        looking: Callable[[int, int], None] | None = None,
        clock: Callable[[], float] = time.time,
        telling: Callable[[str, str], None] | None = None,
    ) -> None:
        self.home = home or Home.default()
        self.catalogue = load_catalogue()
        self._jobs = jobs
        self._clock = clock
        self._looking = looking
        self._telling = telling
        self._seen: dict[tuple[str, str, int, Capacity | None], list[Observed]] = {}
        self._databases: dict[str, Database] = {}
        self._links: dict[tuple[str, str], LocalLink] = {}

    @cached_property
    def coordinator(self) -> Coordinator:
        """The coordinator of this home, made at first use."""
        return Coordinator(
            database=Database(self.home.coordinator_url),
            identity=load_identity(self.home.coordinator_key),
            catalogue=self.catalogue,
            now=self._clock,
        )

    def today(self) -> int:
        """The start of the current day (UTC), which rounds look back from."""
        return int(self._clock()) // _DAY * _DAY

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

        The reasons against are returned, not raised; a name that has joined already raises `StoreConflict`. What the
        policy's contribution capacity leaves out is not read, now or in any round, and the notes say so.
        """
        terms = self.coordinator.terms(federation_id)
        identity = load_identity(self.home.participant(organization) / "identity.key")
        self.coordinator.check_open(federation_id, organization)
        chosen, left_out = within_capacity(sorted({path.resolve() for path in paths}), policy.capacity)
        observed = self._look_at(organization, chosen, self.today(), policy.capacity)
        reasons = _reasons(observed, policy, terms) + self._shared_with_others(federation_id, organization, observed)
        bands = bands_of(observed)
        projects = [str(item.path) for item in observed if item.features is not None]
        more = policy.capacity.left_out_words(len(left_out)) if left_out else ""
        notes = (*([more] if more else []), *told_of(observed))
        joining = Joining(organization, identity.fingerprint, bands, reasons, len(projects), notes, more)
        if reasons:
            return joining
        told = {
            **(stated or {}),
            "bands": bands.as_dict(),
            "interests": list(policy.interests),
            "min_cohort": policy.min_cohort,
            "honest": policy.honest,
        }
        kept = replace(policy, left_out=len(left_out))
        row = MembershipRow(federation_id, self.coordinator.public_key, kept.as_dict(), self._clock())
        with self.database(organization).transaction() as connection:
            contributions.set_membership(connection, row, projects)
        self.coordinator.admit(federation_id, organization, identity.public, told)
        return joining

    def observed(self, federation_id: str, organizations: Sequence[str], as_of: int | None = None) -> list[Observed]:
        """What these organisations' repositories tell their owner on this machine; nothing leaves."""
        day = self.today() if as_of is None else as_of
        return [found for name in organizations for found in self._look_for(federation_id, name, day)]

    def named_projects(self, federation_id: str, organization: str) -> list[tuple[Observed, str]]:
        """One member's readable projects as of today, each with its fingerprint in the member's own ledger."""
        seen = self._look_for(federation_id, organization, self.today())
        there = [one for one in seen if one.features is not None]
        return list(zip(there, self._names(organization, there), strict=True))

    def observed_at(self, paths: Sequence[Path]) -> list[Observed]:
        """What repositories that belong to no federation tell."""
        return self._look_at(None, [path.resolve() for path in paths], self.today())

    def paths(self, federation_id: str, organization: str) -> list[Path]:
        """The repositories that one organisation takes part with."""
        with self.database(organization).reading() as connection:
            return [Path(path) for path in contributions.repositories_of(connection, federation_id)]

    def federations(self) -> list[str]:
        """The federations on this machine, newest first; asking makes no file."""
        if not self.home.has_coordinator:
            return []
        return [row.federation_id for row in self.coordinator.federations()]

    def chosen(self, federation_id: str | None) -> str:
        """The named federation, or the newest; raises `NoSuchFederation` if there is none."""
        known = self.federations()
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
        """The links to all members whose state is on this machine."""
        names = [member.organization for member in self.joined(federation_id)]
        return {name: self.link(federation_id, name) for name in names if self.is_here(federation_id, name)}

    def is_here(self, federation_id: str, organization: str) -> bool:
        """Whether a member's own store is on this machine and knows of the federation."""
        return self._membership(federation_id, organization) is not None

    def _participant(self, federation_id: str, organization: str) -> Participant:
        database = self.database(organization)
        row = self._membership(federation_id, organization)
        if row is None:
            raise RoundError(f"{organization} has not joined consortium {federation_id} on this machine")

        def look(as_of: int) -> list[Features]:
            found = readable(self._look_for(federation_id, organization, as_of))
            if not found:
                raise PolicyRefusal("none of its repositories can be read now")
            return found

        def fingerprints(as_of: int) -> list[str]:
            seen = self._look_for(federation_id, organization, as_of)
            return self._names(organization, [project for project in seen if project.features is not None])

        return Participant(
            organization,
            database=database,
            identity=load_identity(self.home.participant(organization) / "identity.key"),
            membership=Membership(federation_id, row.coordinator_key, Policy.from_dict(row.terms), row.joined),
            catalogue=self.catalogue,
            look=look,
            tools=Tools(self._clock, os.urandom),
            fingerprints=fingerprints,
            tell=None if self._telling is None else partial(self._telling, organization),
        )

    def _names(self, organization: str, projects: Sequence[Observed]) -> list[str]:
        """The fingerprint that stands for each project in its owner's ledger, which keeps all that it ever had."""
        identity = load_identity(self.home.participant(organization) / "identity.key")
        groups = [fingerprints_of(project, identity) for project in projects]
        database = self.database(organization)
        with database.reading() as connection:
            new = kin.unknown(connection, groups)
        if new:
            with database.transaction() as connection:
                kin.join(connection, groups)
        with database.reading() as connection:
            family = kin.families(connection)
        return [family.get(group[0], group[0]) for group in groups]

    def _membership(self, federation_id: str, organization: str) -> MembershipRow | None:
        with self.database(organization).reading() as connection:
            rows = contributions.memberships_of(connection)
        return next((row for row in rows if row.federation_id == federation_id), None)

    def _shared_with_others(
        self, federation_id: str, organization: str, observed: Sequence[Observed]
    ) -> tuple[str, ...]:
        """One project counts once: refuse a history that another member of the federation on this machine has."""
        mine = {item.head: item.path for item in observed if item.features is not None}
        reasons = []
        for member in self.joined(federation_id):
            if member.organization != organization and self.is_here(federation_id, member.organization):
                theirs = {_head(path) for path in self.paths(federation_id, member.organization)}
                reasons += [
                    f"{printable(str(path))} has the history of a project of {member.organization}"
                    for head, path in mine.items()
                    if head in theirs
                ]
        return tuple(reasons)

    def _look_for(self, federation_id: str, organization: str, as_of: int) -> list[Observed]:
        """Look at the repositories with which a member takes part, within its contribution capacity."""
        row = self._membership(federation_id, organization)
        capacity = None if row is None else Policy.from_dict(row.terms).capacity
        return self._look_at(organization, self.paths(federation_id, organization), as_of, capacity)

    def _look_at(
        self, organization: str | None, paths: Sequence[Path], as_of: int, capacity: Capacity | None = None
    ) -> list[Observed]:
        ordered = sorted(set(paths))
        key = (organization or "", "\0".join(map(str, ordered)), as_of, capacity)
        if key not in self._seen:
            folder = self.home.alone if organization is None else self.home.participant(organization)
            cache = folder / "cache.sqlite"
            self._seen[key] = observe_projects(
                ordered, as_of=as_of, cache=cache, jobs=self._jobs, progress=self._looking, capacity=capacity
            )
        return self._seen[key] if organization is None else self._each_once(organization, self._seen[key])

    def _each_once(self, organization: str, observed: Sequence[Observed]) -> list[Observed]:
        """Of copies of one project, by its fingerprint, that with the most commits; the others have an ``error``.

        Noise and ledger reckon with one project, so no more than one may be added.
        """
        there = sorted((one for one in observed if one.features is not None), key=lambda one: -one.commits)
        first: dict[str, Path] = {}
        counted: dict[Path, Path] = {}
        for one, name in zip(there, self._names(organization, there), strict=True):
            counted[one.path] = first.setdefault(name, one.path)
        return [
            one
            if counted.get(one.path, one.path) == one.path
            else Observed(
                one.path, None, f"it has history of {printable(str(counted[one.path]))}, and a project counts once"
            )
            for one in observed
        ]


def fingerprints_of(project: Observed, identity: Identity) -> tuple[str, ...]:
    """A project's names in its owner's ledger: the same wherever it lies, and nothing to anybody without the key.

    Histories that share one of them are one project there: copies, and one that another was merged into. An Ed25519
    signature (RFC 8032) is the same at each signing, so its hash is a keyed hash of a commit without a parent (of the
    path, where none can be read).
    """
    names = project.origins or (str(project.path),)
    return tuple(
        hashlib.sha256(identity.sign(b"fedlore project 1\0" + name.encode(errors="surrogateescape"))).hexdigest()
        for name in names
    )


def readable(observed: Sequence[Observed]) -> list[Features]:
    """The features of those repositories that could be read."""
    return [project.features for project in observed if project.features is not None]


def _head(path: Path) -> str | None:
    try:
        return head_of(path)
    except RepositoryError:
        return None


def told_of(observed: Sequence[Observed]) -> tuple[str, ...]:
    """Sentences for the owner: what could not be read, and what was read in part."""
    return tuple(
        f"{printable(str(item.path))}: {sentence}"
        for item in observed
        for sentence in ([item.error] if item.error else item.notes)
    )


def _is_text(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _reasons(observed: Sequence[Observed], policy: Policy, terms: Terms) -> tuple[str, ...]:
    reasons = []
    readable = [project for project in observed if project.features is not None]
    if not readable:
        reasons.append("no repository that could be read")
    elif max(project.commits for project in readable) < LEAST_COMMITS:
        reasons.append(f"too little history: no repository has {LEAST_COMMITS} commits")
    reasons += [
        f"{printable(str(project.path))}: its path is not UTF-8 and cannot be kept; rename it"
        for project in observed
        if not _is_text(project.path)
    ]
    if policy.min_cohort > terms.min_cohort:
        reasons.append(f"its policy asks for {policy.min_cohort} members, the federation for {terms.min_cohort}")
    return tuple(reasons)
