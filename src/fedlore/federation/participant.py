"""A participant's side of a round: look, show, pay, then send. It pays before anything leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fedlore.aggregate.masking.messages import Roster, UnmaskRequest
from fedlore.aggregate.masking.participant import MaskingParticipant, check_unmask_request
from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.plan import Plan
from fedlore.contribute.encode import Contribution, encode
from fedlore.contribute.preview import Preview, preview
from fedlore.federation.identity import Identity, public_key
from fedlore.federation.messages import Opening, Release, Signed
from fedlore.federation.policy import Policy, PolicyRefusal
from fedlore.federation.saying import says_what_its_sums_say
from fedlore.govern.audit.entry import Head
from fedlore.observe.evidence import Features
from fedlore.privacy.calibration import event_of_plan
from fedlore.privacy.ledger import Cap, Charge
from fedlore.privacy.shares import noise_share, share_variance
from fedlore.store import audit, contributions, heads, ledger
from fedlore.store.contributions import ContributionRow, InsightRow
from fedlore.store.database import Database


@dataclass(frozen=True, slots=True)
class Membership:
    """The federation that a participant is in, the key of its coordinator, and the participant's own policy there."""

    federation_id: str
    coordinator_key: bytes
    policy: Policy


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


class Participant:
    """One organisation in one federation; ``look`` gives its projects' features as of a Unix time."""

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
    ) -> None:
        self.name = name
        self._database = database
        self._identity = identity
        self._membership = membership
        self._catalogue = catalogue
        self._look = look
        self._tools = tools
        self._open: dict[str, _OpenRound] = {}

    def preview(self, plan: Plan) -> Preview:
        """What this participant would add to such a round; nothing is paid and nothing leaves."""
        self._membership.policy.check_plan(plan, self._catalogue, self._tools.now())
        contribution = encode(plan, self._catalogue, self._look(plan.as_of))
        sd = share_variance(plan.mechanism, plan.noise_scale, plan.least_honest) ** 0.5 / plan.scale
        policy = self._membership.policy
        left_out = policy.capacity.left_out_words(policy.left_out) if policy.left_out else ""
        return preview(plan, self._catalogue, contribution, sd, left_out)

    def advertise(self, message: Signed) -> bytes:
        """Check the opening of a round against the own policy, and offer a key for masks."""
        opening = Opening.verified(message, self._membership.coordinator_key)
        plan = opening.plan
        if plan.federation_id != self._membership.federation_id:
            raise PolicyRefusal("the round is of another federation")
        if plan.least_honest > len(opening.directory):
            raise PolicyRefusal("the plan counts on more honest members than there are members")
        self._membership.policy.check_plan(plan, self._catalogue, self._tools.now())
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
        with self._database.reading() as connection:
            kept = contributions.find_contribution(connection, roster.round_id)
        if kept is not None:
            self._check_mine(kept)
            if kept.roster != message or kept.state == "void":
                raise PolicyRefusal("this round was answered already, to another roster or in vain")
            return kept.masked
        if roster.round_id not in self._open:
            raise PolicyRefusal("this participant has no such round open")
        running = self._open[roster.round_id]
        plan = running.plan
        self._membership.policy.check_cohort(plan, len(roster.advertisements))
        noised = self._noised(plan)
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
        now = self._tools.now()
        with self._database.transaction() as connection:
            # A vector that leaves without masks is a release by itself: its charge is final at once.
            ledger.reserve(
                connection,
                operation_id=plan.round_id,
                scope=plan.federation_id,
                charge=charge_of(plan),
                caps=self._caps(),
                now=now,
            )
            contributions.add_contribution(connection, row, now)
            if not plan.secure_aggregation:
                ledger.commit(connection, plan.round_id, now)
        return row.masked

    def unmask(self, message: bytes) -> bytes:
        """The message that opens the sum; from here on the charge is final, and a retry gets the same bytes."""
        request = UnmaskRequest.parse(message)
        with self._database.transaction() as connection:
            kept = contributions.find_contribution(connection, request.round_id)
            if kept is None or kept.state == "void":
                raise PolicyRefusal("this participant has paid for no such round")
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

    def _noised(self, plan: Plan) -> Contribution:
        contribution = encode(plan, self._catalogue, self._look(plan.as_of))
        share = noise_share(
            plan.mechanism, plan.noise_scale, plan.least_honest, len(plan.slots), self._tools.randomness
        )
        return contribution + share

    def _caps(self) -> list[Cap]:
        policy = self._membership.policy
        federation = Cap(self._membership.federation_id, policy.federation_epsilon_micro, policy.federation_delta_e15)
        everything = Cap(None, policy.epsilon_total_micro, policy.delta_total_e15)
        return [federation, everything]


def charge_of(plan: Plan) -> Charge:
    """What a round costs each participant, with the event that an accountant replays."""
    event = {**event_of_plan(plan).as_dict(), "plan_digest": plan.digest}
    return Charge(plan.epsilon_micro, plan.delta_e15, event)
