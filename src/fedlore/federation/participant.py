"""A participant's side of a round: look, show, pay, then send. It pays before anything leaves."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from fedlore.aggregate.masking.messages import Roster, UnmaskRequest
from fedlore.aggregate.masking.participant import MaskingParticipant, check_unmask_request
from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.plan import Plan
from fedlore.contribute.encode import Contribution, encode
from fedlore.contribute.preview import Preview, preview
from fedlore.federation.caps import Caps, Covered, TakesNoPart, participant_caps, within_budget
from fedlore.federation.expiring import give_up_overdue
from fedlore.federation.identity import Identity, public_key
from fedlore.federation.messages import Opening, Release, Signed
from fedlore.federation.policy import Policy, PolicyRefusal
from fedlore.federation.saying import says_what_its_sums_say
from fedlore.govern.audit.entry import Head
from fedlore.observe.evidence import Features
from fedlore.privacy.calibration import event_of_plan
from fedlore.privacy.ledger import DELTA_UNIT, RESERVATION_SECONDS, BudgetExceeded, Charge
from fedlore.privacy.room import check_room
from fedlore.privacy.shares import noise_share, share_variance
from fedlore.store import audit, charges, contributions, heads, ledger
from fedlore.store.contributions import ContributionRow, InsightRow
from fedlore.store.database import Database
from fedlore.store.ledger import Coverage
from fedlore.store.scopes import check_federation

_GIVEN_UP = ("void", "expired")


@dataclass(frozen=True, slots=True)
class Membership:
    """The federation that a participant is in, the key of its coordinator, and the participant's own policy there.

    ``joined`` is the Unix time from which its budget's years are counted. Raises `BudgetError` for an id that no
    federation may have: its charges would be taken for others of the ledger.
    """

    federation_id: str
    coordinator_key: bytes
    policy: Policy
    joined: float = 0.0

    def __post_init__(self) -> None:
        check_federation(self.federation_id)


@dataclass(frozen=True, slots=True)
class Tools:
    """What comes in from outside: the clock (Unix seconds) and the system's randomness (so many bytes)."""

    now: Callable[[], float]
    randomness: Callable[[int], bytes]


@dataclass(slots=True)
class _OpenRound:
    plan: Plan
    machine: MaskingParticipant
    directory: Mapping[str, bytes] = field(repr=False)


def _unnamed(_as_of: int) -> Sequence[str]:
    return ()


class Participant:
    """One organisation in one federation; ``look`` gives its projects' features as of a Unix time.

    ``fingerprints`` names the projects of ``look`` in the same order, so that each one's own budget can be kept.
    ``tell`` takes sentences for its owner alone: why its ledger refuses a round, of which others hear `TakesNoPart`.
    """

    def __init__(
        self,
        name: str,
        *,
        database: Database,
        identity: Identity,
        membership: Membership,
        catalogue: Catalogue,
        look: Callable[[int], Sequence[Features]],
        tools: Tools,
        fingerprints: Callable[[int], Sequence[str]] = _unnamed,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.name = name
        self._database = database
        self._identity = identity
        self._membership = membership
        self._catalogue = catalogue
        self._look = look
        self._fingerprints = fingerprints
        self._tell = tell
        self._tools = tools
        self._open: dict[str, _OpenRound] = {}

    def preview(self, plan: Plan) -> Preview:
        """What this participant would add to such a round; nothing is paid and nothing leaves."""
        self._membership.policy.check_plan(plan, self._catalogue, self._tools.now())
        seen = self._with_budget(plan)
        contribution = encode(plan, self._catalogue, seen.features)
        sd = share_variance(plan.mechanism, plan.noise_scale, plan.least_honest) ** 0.5 / plan.scale
        policy = self._membership.policy
        left_out = policy.capacity.left_out_words(policy.left_out) if policy.left_out else ""
        left_out = ". ".join(words for words in (left_out, seen.left_out_words) if words)
        shown = preview(plan, self._catalogue, contribution, sd, left_out)
        return replace(shown, delta=charge_of(plan).delta_e15 / DELTA_UNIT)

    def check_room(self, plans: Sequence[Plan], wanted: Sequence[Charge]) -> None:
        """Say early what would be said later to these rounds, at the prices ``wanted`` one after another; none is paid.

        Raises `PolicyRefusal` for a plan, `TakesNoPart` where the own ledger would not pay for all of them.
        """
        for plan in plans:
            self._membership.policy.check_plan(plan, self._catalogue, self._tools.now())
        self.give_up_overdue()

        def ask() -> None:
            with self._database.reading() as connection:
                caps = self.caps(connection, self._tools.now())
                for cap in (caps.federation, caps.everything):
                    check_room(cap, charges.spent(connection, cap), wanted)

        if not self._granted(plans[-1].round_id, ask):
            raise TakesNoPart

    def advertise(self, message: Signed) -> bytes:
        """Check the opening of a round against the own policy, and offer a key for masks."""
        opening = Opening.verified(message, self._membership.coordinator_key)
        plan = opening.plan
        if plan.federation_id != self._membership.federation_id:
            raise PolicyRefusal("the round is of another federation")
        if plan.least_honest > len(opening.directory):
            raise PolicyRefusal("the plan counts on more honest members than there are members")
        self._membership.policy.check_plan(plan, self._catalogue, self._tools.now())
        self.give_up_overdue()
        with self._database.transaction() as connection:
            heads.keep_head(connection, f"coordinator:{plan.federation_id}", opening.head)
            changed = contributions.pin_keys(connection, plan.federation_id, opening.directory)
        if changed:
            raise PolicyRefusal(f"the coordinator names another key than before for {', '.join(changed)}")
        machine = MaskingParticipant(
            round_id=plan.round_id,
            plan_digest=plan.digest,
            participant_id=self.name,
            sign=self._identity.sign,
            directory={name: public_key(key) for name, key in opening.directory.items()},
            length=len(plan.slots),
            min_cohort=max(plan.min_cohort, self._membership.policy.min_cohort),
            randomness=self._tools.randomness,
            masked=plan.secure_aggregation,
        )
        self._open[plan.round_id] = _OpenRound(plan, machine, opening.directory)
        return machine.advertise().to_bytes()

    def contribute(self, message: bytes) -> bytes:
        """The masked vector of a round, paid for in the own ledger before it leaves; a retry gets the same bytes."""
        roster = Roster.parse(message)
        self.give_up_overdue()
        with self._database.reading() as connection:
            kept = contributions.find_contribution(connection, roster.round_id)
        if kept is not None:
            self._check_mine(kept)
            if kept.roster != message or kept.state in _GIVEN_UP:
                raise PolicyRefusal("this round was answered already, to another roster or in vain")
            return kept.masked
        if roster.round_id not in self._open:
            raise PolicyRefusal("this participant has no such round open")
        running = self._open[roster.round_id]
        plan = running.plan
        self._membership.policy.check_cohort(plan, len(roster.advertisements))
        seen = self._with_budget(plan)
        noised = self._noised(plan, seen.features)
        masked, unmask = running.machine.mask(roster, noised)
        row = ContributionRow(
            plan.round_id,
            plan.federation_id,
            plan.canonical(),
            message,
            masked.to_bytes(),
            unmask.to_bytes(),
            "masked" if plan.secure_aggregation else "unmasked",
        )
        if not self._granted(plan.round_id, lambda: self._pay(plan, row, seen.projects)):
            # Not within the handling of the reason, which would hang on it as its context.
            raise TakesNoPart
        return row.masked

    def unmask(self, message: bytes) -> bytes:
        """The message that opens the sum; from here on the charge is final, and a retry gets the same bytes."""
        request = UnmaskRequest.parse(message)
        self.give_up_overdue()
        with self._database.transaction() as connection:
            kept = contributions.find_contribution(connection, request.round_id)
            if kept is None or kept.state in _GIVEN_UP:
                raise PolicyRefusal("this participant has paid for no such round, or has given it up")
            self._check_mine(kept)
            check_unmask_request(request, Roster.parse(kept.roster))
            if contributions.settle(connection, request.round_id, "unmasked", self._tools.now()):
                ledger.commit(connection, request.round_id, self._tools.now())
        return kept.unmask

    def end(self, round_id: str) -> None:
        """Forget a round; its charge is void only if this participant has sent no unmask message."""
        self._open.pop(round_id, None)
        with self._database.transaction() as connection:
            kept = contributions.find_contribution(connection, round_id)
            if kept is not None:
                self._check_mine(kept)
            if contributions.settle(connection, round_id, "void", self._tools.now()):
                ledger.void(connection, round_id, self._tools.now())

    def give_up_overdue(self) -> None:
        """Let what is overdue expire (see `fedlore.federation.expiring`).

        Runs whenever a message comes in or the budget is looked at.
        """
        for round_id in give_up_overdue(self._database, self._tools.now()):
            self._open.pop(round_id, None)

    def caps(self, connection: Connection, now: float) -> Caps:
        """The caps of its own ledger as they stand: of this federation, of all together, of each project."""
        member = self._membership
        first = contributions.first_joined(connection)
        others = [Policy.from_dict(row.terms) for row in contributions.memberships_of(connection)]
        return participant_caps(member.policy, member.federation_id, member.joined, first, now, others)

    def audit_head(self, known: Head) -> Head:
        """The end of the own audit log, once the whole was checked; raises `AuditError` if it was tampered with.

        ``known`` is the end that the coordinator saw last: its entry must still be in the log.
        """
        with self._database.reading() as connection:
            return audit.verify(connection, known=[known] if known.index else [])

    def open_rounds(self, federation_id: str) -> list[str]:
        """The federation's rounds that are paid for but neither opened nor given up."""
        with self._database.reading() as connection:
            return contributions.masked_rounds(connection, federation_id)

    def receive(self, message: Signed) -> None:
        """Keep a release that the coordinator signed, if it is the one that was paid for and says what its sums say.

        The statements are made anew from the released sums, so that no word of them is the coordinator's own.
        """
        release = Release.verified(message, self._membership.coordinator_key)
        row = InsightRow(release.plan.round_id, release.plan.federation_id, message.document, message.signature)
        with self._database.transaction() as connection:
            kept = contributions.find_contribution(connection, release.plan.round_id)
            if kept is None or kept.state != "unmasked" or kept.plan != release.plan.canonical():
                raise PolicyRefusal("the release is not of a round that this participant paid for")
            self._check_mine(kept)
            if release.contributors != len(Roster.parse(kept.roster).advertisements):
                raise PolicyRefusal("the release is of another cohort than the one that was paid for")
            if not says_what_its_sums_say(release, self._catalogue):
                raise PolicyRefusal("the release says something else than its sums")
            contributions.add_insight(connection, row, self._tools.now())

    def _check_mine(self, kept: ContributionRow) -> None:
        if kept.federation_id != self._membership.federation_id:
            raise PolicyRefusal("the round is of another federation")

    def _pay(self, plan: Plan, row: ContributionRow, projects: frozenset[str]) -> None:
        """Reserve the round's price and keep what was made for it; raises `BudgetExceeded`."""
        now = self._tools.now()
        with self._database.transaction() as connection:
            caps = self.caps(connection, now)
            # A vector that leaves without masks is a release by itself: its charge is final at once.
            ledger.reserve(
                connection,
                operation_id=plan.round_id,
                scope=plan.federation_id,
                charge=charge_of(plan),
                caps=[caps.federation, caps.everything],
                now=now,
                coverage=Coverage(projects, caps.project),
                expires=now + RESERVATION_SECONDS,
            )
            contributions.add_contribution(connection, row, now)
            if not plan.secure_aggregation:
                ledger.commit(connection, plan.round_id, now)

    def _granted(self, round_id: str, ask: Callable[[], None]) -> bool:
        """Whether the own ledger grants what ``ask`` asks of it; why it does not is told to the owner alone."""
        try:
            ask()
        except BudgetExceeded as error:
            if self._tell is not None:
                self._tell(f"{self.name} takes no part in round {round_id}: {error}")
            return False
        return True

    def _with_budget(self, plan: Plan) -> Covered:
        """The projects that such a round may cover: those whose own budget still admits it.

        There may be none: the participant then takes part with noise alone. If it refused, others would learn that its
        projects have spent their budgets, and its round would end for everybody.
        """
        features, names = self._look(plan.as_of), self._fingerprints(plan.as_of)
        with self._database.reading() as connection:
            cap = self.caps(connection, self._tools.now()).project
            known = {} if cap is None else charges.spent_by_project(connection, since_us=cap.since_us)
        return within_budget(features, names, cap, known, charge_of(plan))

    def _noised(self, plan: Plan, features: Sequence[Features]) -> Contribution:
        contribution = encode(plan, self._catalogue, features)
        share = noise_share(
            plan.mechanism, plan.noise_scale, plan.least_honest, len(plan.slots), self._tools.randomness
        )
        return contribution + share


def charge_of(plan: Plan) -> Charge:
    """What a round costs each participant, with the event that an accountant replays."""
    event = event_of_plan(plan)
    delta = plan.delta_e15
    if plan.mechanism == "discrete laplace":
        # Its noise needs no delta: what it costs is its distance from the exact mechanism.
        distance = (1 + math.exp(plan.epsilon)) * event.distance
        delta = min(delta, max(1, math.ceil(distance * DELTA_UNIT)))
    return Charge(plan.epsilon_micro, delta, {**event.as_dict(), "plan_digest": plan.digest})
