"""The coordinator's side of a round: it holds masked vectors and their sum, and never reaches a repository."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fedlore.aggregate.masking.coordinator import MaskingCoordinator
from fedlore.aggregate.masking.messages import Advertise, Masked, Unmask
from fedlore.catalogue.errors import FedloreError
from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.plan import Plan
from fedlore.federation.identity import Identity, public_key
from fedlore.federation.messages import Opening, Signed
from fedlore.federation.saying import make_release, thresholds_of
from fedlore.federation.terms import Terms, cap_of
from fedlore.govern.audit.entry import Head
from fedlore.privacy.ledger import RESERVATION_DAYS, Cap, Charge, Totals
from fedlore.privacy.room import check_room
from fedlore.store import audit, charges, heads, ledger, rounds
from fedlore.store.audit import microseconds
from fedlore.store.database import Database
from fedlore.store.ledger import ChargeRow
from fedlore.store.rounds import FederationRow, MemberRow, RoundRow, StoreConflict
from fedlore.store.scopes import check_federation

_DAY = 86_400


class RoundError(FedloreError):
    """A round that cannot go on, or a call out of its turn."""


class NoSuchFederation(RoundError):
    """A consortium or organization that this machine does not know."""


class Coordinator:
    """The AggregationServer of one machine: federations, members, rounds, a ledger that mirrors the participants'."""

    def __init__(
        self, *, database: Database, identity: Identity, catalogue: Catalogue, now: Callable[[], float]
    ) -> None:
        self._database = database
        self._identity = identity
        self._catalogue = catalogue
        self._now = now
        self._machines: dict[str, MaskingCoordinator] = {}

    @property
    def public_key(self) -> bytes:
        return self._identity.public

    def create(self, federation_id: str, terms: Terms, invited: Mapping[str, Mapping[str, Any]]) -> None:
        """Create a federation and invite the named; raises `BudgetError` for an id that no federation may have."""
        check_federation(federation_id)
        now = self._now()
        with self._database.transaction() as connection:
            rounds.add_federation(connection, FederationRow(federation_id, terms.level, terms.as_dict(), now))
            for name, stated in invited.items():
                rounds.save_member(connection, federation_id, MemberRow(name, "invited", None, stated), now)

    def admit(self, federation_id: str, organization: str, key: bytes, stated: Mapping[str, Any]) -> None:
        """Let a member join with its public key, and log that; raises `StoreConflict` if it has joined."""
        now = self._now()
        with self._database.transaction() as connection:
            rounds.save_member(connection, federation_id, MemberRow(organization, "joined", key, stated), now)
            body = {"federation_id": federation_id, "organization": organization, "admitted": "at-once-on-this-machine"}
            audit.append(connection, kind="member.admitted", body=body, now=now)

    def check_open(self, federation_id: str, organization: str) -> None:
        """Raise `StoreConflict` if this organisation has joined already."""
        if any(m.organization == organization and m.state == "joined" for m in self.members(federation_id)):
            raise StoreConflict(f"{organization} has joined this consortium already")

    def federations(self) -> list[FederationRow]:
        with self._database.reading() as connection:
            return rounds.all_federations(connection)

    def terms(self, federation_id: str) -> Terms:
        return Terms.from_dict(self._federation(federation_id).terms)

    def cap(self, federation_id: str) -> Cap:
        """What the federation's rounds may cost in the year that runs now."""
        row = self._federation(federation_id)
        return cap_of(Terms.from_dict(row.terms), federation_id, row.created, self._now())

    def members(self, federation_id: str) -> list[MemberRow]:
        with self._database.reading() as connection:
            return rounds.members_of(connection, federation_id)

    def spent(self, federation_id: str) -> Totals:
        """The plain sums of what this federation's rounds have cost this year, by the mirror of the ledgers."""
        cap = self.cap(federation_id)
        with self._database.reading() as connection:
            return ledger.totals(connection, federation_id, since_us=cap.since_us)

    def charges(self, federation_id: str) -> list[ChargeRow]:
        """The mirror's charges of one federation, of all years, oldest first."""
        with self._database.reading() as connection:
            return ledger.charges(connection, federation_id)

    def check_room(self, federation_id: str, *wanted: Charge) -> None:
        """Say early what the mirror would say later to these charges, one after another: raises `BudgetExceeded`."""
        self.give_up_overdue(federation_id)
        cap = self.cap(federation_id)
        with self._database.reading() as connection:
            check_room(cap, charges.spent(connection, cap), wanted)

    def find(self, round_id: str) -> RoundRow | None:
        with self._database.reading() as connection:
            return rounds.find_round(connection, round_id)

    def unfinished(self, federation_id: str) -> list[RoundRow]:
        with self._database.reading() as connection:
            return rounds.rounds_in(connection, federation_id, "open", "unmasking")

    def released(self, federation_id: str) -> list[tuple[RoundRow, Signed]]:
        """The federation's rounds that have a release, oldest first."""
        with self._database.reading() as connection:
            found = rounds.rounds_in(connection, federation_id, "released")
        return [(row, _signed(row)) for row in found]

    def open_round(self, plan: Plan, cohort: list[str], config: Mapping[str, Any], charge: Charge) -> Signed:
        """Reserve the round's price in the mirror and invite the cohort; raises `BudgetExceeded` if it does not fit."""
        self.give_up_overdue(plan.federation_id)
        keys = {m.organization: m.public_key for m in self.members(plan.federation_id) if m.state == "joined"}
        directory = {name: key for name, key in keys.items() if name in cohort and key is not None}
        now = self._now()
        row = RoundRow(plan.round_id, plan.federation_id, "open", plan.canonical(), config, now, None, None)
        cap = self.cap(plan.federation_id)
        with self._database.transaction() as connection:
            rounds.add_round(connection, row)
            ledger.reserve(
                connection,
                operation_id=plan.round_id,
                scope=plan.federation_id,
                charge=charge,
                caps=[cap],
                now=now,
                expires=now + RESERVATION_DAYS * _DAY,
            )
            head = audit.head(connection)
        self._machines[plan.round_id] = self._machine(plan, directory)
        return Opening(plan, directory, head).signed(self._identity.sign)

    def known_heads(self, round_id: str, names: Sequence[str]) -> dict[str, Head]:
        """The ends of members' audit logs as they were last seen."""
        federation_id = self._row(round_id).federation_id
        with self._database.reading() as connection:
            return {name: heads.known_head(connection, f"{federation_id}:{name}") for name in names}

    def keep_heads(self, round_id: str, ends: Mapping[str, Head]) -> None:
        """Hold the ends of members' audit logs against those known before; raises `AuditError` for one rolled back."""
        federation_id = self._row(round_id).federation_id
        with self._database.transaction() as connection:
            for name, head in ends.items():
                heads.keep_head(connection, f"{federation_id}:{name}", head)

    def verified_log(self) -> Head:
        """The end of the coordinator's own audit log, once the whole of it was checked; raises `AuditError`."""
        with self._database.reading() as connection:
            return audit.verify(connection)

    def _machine(self, plan: Plan, directory: Mapping[str, bytes]) -> MaskingCoordinator:
        return MaskingCoordinator(
            round_id=plan.round_id,
            plan_digest=plan.digest,
            directory={name: public_key(key) for name, key in directory.items()},
            length=len(plan.slots),
            members=sorted(directory),
            masked=plan.secure_aggregation,
        )

    def receive_advertise(self, round_id: str, message: bytes) -> None:
        advertise = Advertise.parse(message)
        self._machines[round_id].receive_advertise(advertise)
        self._keep(round_id, "advertise", advertise.participant, message)

    def roster(self, round_id: str) -> bytes:
        """The keys of all members of the round; raises `DropoutError` if one has offered none."""
        return self._machines[round_id].roster().to_bytes()

    def receive_masked(self, round_id: str, message: bytes) -> None:
        masked = Masked.parse(message)
        self._machines[round_id].receive_masked(masked)
        self._keep(round_id, "masked", masked.participant, message)

    def before_contribution(self, round_id: str) -> None:
        """Check that the round is still open before a member pays; without masks its charge is final from here on."""
        row = self._row(round_id)
        plan = Plan.parse(row.plan)
        self.give_up_overdue(row.federation_id)
        with self._database.transaction() as connection:
            if not rounds.is_in(connection, round_id, "open"):
                raise RoundError(f"round {round_id} has ended")
            if not plan.secure_aggregation:
                ledger.commit(connection, round_id, self._now())

    def unmask_request(self, round_id: str) -> bytes:
        """Ask the members to open the sum. From here on the charge is final, in the mirror too."""
        self.give_up_overdue(self._row(round_id).federation_id)
        if round_id not in self._machines:
            raise RoundError(f"round {round_id} has ended and is not opened any more")
        request = self._machines[round_id].unmask_request().to_bytes()
        with self._database.transaction() as connection:
            if rounds.advance(connection, round_id, "open", "unmasking"):
                ledger.commit(connection, round_id, self._now())
            elif not rounds.is_in(connection, round_id, "unmasking"):
                raise RoundError(f"round {round_id} has ended and is not opened any more")
        return request

    def receive_unmask(self, round_id: str, message: bytes) -> None:
        unmask = Unmask.parse(message)
        self._machines[round_id].receive_unmask(unmask)
        self._keep(round_id, "unmask", unmask.participant, message)

    def release(self, round_id: str) -> Signed:
        """The round's release, made once from the noised sum and from then on the same bytes."""
        row = self._row(round_id)
        if row.state == "released":
            return _signed(row)
        if row.state != "unmasking":
            raise RoundError(f"round {round_id} is {row.state}, not ready to be released")
        plan = Plan.parse(row.plan)
        machine = self._machines[round_id]
        sums = [int(value) for value in machine.total()]
        release = make_release(plan, self._catalogue, sums, len(machine.members), thresholds_of(row.config))
        signed = release.signed(self._identity.sign)
        with self._database.transaction() as connection:
            rounds.advance(
                connection, round_id, "unmasking", "released", release=signed.document, signature=signed.signature
            )
        self._machines.pop(round_id, None)
        return _signed(self._row(round_id))

    def end(self, round_id: str) -> bool:
        """Give a round up, its charge void. False if it is too late for that: something may have been unmasked."""
        with self._database.transaction() as connection:
            if rounds.advance(connection, round_id, "open", "ended") and not ledger.is_final(connection, round_id):
                ledger.void(connection, round_id, self._now())
            ended = rounds.is_in(connection, round_id, "ended")
        if ended:
            self._machines.pop(round_id, None)
        return ended

    def give_up_overdue(self, federation_id: str) -> list[str]:
        """End the rounds that nobody was asked to open within `RESERVATION_DAYS` days; their charges expire.

        Runs whenever a round goes on or the budget is looked at. Returns the rounds ended now.
        """
        now = self._now()
        with self._database.reading() as connection:
            late = ledger.overdue(connection, microseconds(now), federation_id)
        if not late:
            return []
        ended = []
        with self._database.transaction() as connection:
            for round_id in late:
                if rounds.advance(connection, round_id, "open", "ended"):
                    ledger.expire(connection, round_id, now)
                    ended.append(round_id)
        for round_id in ended:
            self._machines.pop(round_id, None)
        return ended

    def restore(self, round_id: str) -> None:
        """Rebuild an unmasking round from its stored messages, after a crash."""
        row = self._row(round_id)
        plan = Plan.parse(row.plan)
        with self._database.reading() as connection:
            kept = {
                phase: rounds.messages_of(connection, round_id, phase) for phase in ("advertise", "masked", "unmask")
            }
        keys = {m.organization: m.public_key for m in self.members(plan.federation_id) if m.public_key is not None}
        machine = self._machine(plan, {name: keys[name] for name in kept["advertise"]})
        for body in kept["advertise"].values():
            machine.receive_advertise(Advertise.parse(body))
        machine.roster()
        for body in kept["masked"].values():
            machine.receive_masked(Masked.parse(body))
        machine.unmask_request()
        for body in kept["unmask"].values():
            machine.receive_unmask(Unmask.parse(body))
        self._machines[round_id] = machine

    def masked_messages(self, round_id: str) -> dict[str, Masked]:
        """The masked vectors of a round by participant, as they were received."""
        with self._database.reading() as connection:
            kept = rounds.messages_of(connection, round_id, "masked")
        return {name: Masked.parse(body) for name, body in kept.items()}

    def _keep(self, round_id: str, phase: str, participant: str, message: bytes) -> None:
        with self._database.transaction() as connection:
            rounds.add_message(connection, round_id, phase, participant, message)

    def _federation(self, federation_id: str) -> FederationRow:
        for row in self.federations():
            if row.federation_id == federation_id:
                return row
        raise NoSuchFederation(f"no consortium has the id {federation_id}")

    def _row(self, round_id: str) -> RoundRow:
        row = self.find(round_id)
        if row is None:
            raise RoundError(f"no round has the id {round_id}")
        return row


def _signed(row: RoundRow) -> Signed:
    if row.release is None or row.signature is None:
        raise RoundError(f"round {row.round_id} has no release")
    return Signed(row.release, row.signature)
