"""P5: the coordinator puts keys of its own in the members' place. Signatures against the member directory stop it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from fedlore.aggregate.masking.errors import ProtocolError
from fedlore.aggregate.masking.messages import Advertise, Roster, signed
from tests.aggregate.parties import PLAN, ROUND, Federation

FEDERATION = Federation(size=4, length=4)
ROSTER = FEDERATION.roster()
COORDINATORS_KEY = X25519PrivateKey.from_private_bytes(bytes(range(32))).public_key().public_bytes_raw()
COORDINATORS_IDENTITY = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))


def with_member(index: int, changed: Advertise) -> Roster:
    members = list(ROSTER.advertisements)
    members[index] = changed
    return Roster(tuple(members))


def swapped_unsigned() -> Roster:
    return with_member(2, replace(ROSTER.advertisements[2], mask_key=COORDINATORS_KEY))


def swapped_and_signed_by_the_coordinator() -> Roster:
    return with_member(2, signed(Advertise(ROUND, PLAN, "member-2", COORDINATORS_KEY), COORDINATORS_IDENTITY.sign))


def swapped_under_another_members_signature() -> Roster:
    changed = Advertise(ROUND, PLAN, "member-2", COORDINATORS_KEY)
    return with_member(2, signed(changed, FEDERATION.identities["member-3"].sign))


def key_of_another_round() -> Roster:
    return with_member(2, replace(FEDERATION.participant("member-2", round_id="round-0").advertise(), round_id=ROUND))


def key_for_another_plan() -> Roster:
    return with_member(
        2, replace(FEDERATION.participant("member-2", plan_digest="0" * 64).advertise(), plan_digest=PLAN)
    )


def own_key_altered() -> Roster:
    return with_member(
        1, signed(Advertise(ROUND, PLAN, "member-1", COORDINATORS_KEY), FEDERATION.identities["member-1"].sign)
    )


def itself_missing() -> Roster:
    return Roster(tuple(one for one in ROSTER.advertisements if one.participant != "member-1"))


def stranger() -> Roster:
    added = signed(Advertise(ROUND, PLAN, "member-9", COORDINATORS_KEY), COORDINATORS_IDENTITY.sign)
    return Roster((*ROSTER.advertisements, added))


@pytest.mark.parametrize(
    ("forge", "words"),
    [
        (swapped_unsigned, "identity key"),
        (swapped_and_signed_by_the_coordinator, "identity key"),
        (swapped_under_another_members_signature, "identity key"),
        (key_of_another_round, "identity key"),
        (key_for_another_plan, "identity key"),
        (own_key_altered, "not in the roster with the key"),
        (itself_missing, "not in the roster with the key"),
        (stranger, "not in the member directory"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_participant_masks_nothing_for_a_forged_roster(forge: Callable[[], Roster], words: str) -> None:
    participant = FEDERATION.participant("member-1")
    contribution = FEDERATION.one_hot("member-1")
    with pytest.raises(ProtocolError, match=words):
        participant.mask(forge(), contribution)
    masked, _ = participant.mask(ROSTER, contribution)
    assert masked.roster_digest == ROSTER.digest, "after the refusal, the true roster is still answered"


@pytest.mark.parametrize("change", [{"plan_digest": "0" * 64}, {"round_id": "round-2"}])
def test_a_whole_roster_of_another_plan_or_round_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(ProtocolError, match="another round or another plan"):
        FEDERATION.participant("member-1").mask(FEDERATION.roster(**change), FEDERATION.one_hot("member-1"))


def test_the_participants_own_minimum_cohort_counts() -> None:
    participant = FEDERATION.participant("member-1", min_cohort=5)
    with pytest.raises(ProtocolError, match="has 4 members, this participant's minimum cohort is 5"):
        participant.mask(ROSTER, FEDERATION.one_hot("member-1"))


def test_one_identity_under_two_names_counts_as_one() -> None:
    federation = Federation(size=4, length=4)
    federation.identities["member-3"] = federation.identities["member-2"]
    with pytest.raises(ProtocolError, match="share one identity key"):
        federation.participant("member-1").mask(federation.roster(), federation.one_hot("member-1"))


def test_two_members_cannot_have_one_mask_key() -> None:
    first = ROSTER.advertisements[0]
    copied = signed(Advertise(ROUND, PLAN, "member-1", first.mask_key), FEDERATION.identities["member-1"].sign)
    with pytest.raises(ProtocolError, match="same mask key twice"):
        Roster((first, copied))
    coordinator = FEDERATION.coordinator()
    coordinator.receive_advertise(first)
    with pytest.raises(ProtocolError, match="another member advertised before"):
        coordinator.receive_advertise(copied)


@pytest.mark.parametrize("point", [0, 1, 2**255 - 20])
def test_a_low_order_key_never_becomes_a_message(point: int) -> None:
    with pytest.raises(ProtocolError, match="low-order"):
        Advertise(ROUND, PLAN, "member-2", point.to_bytes(32, "little"))


def test_the_coordinator_takes_keys_from_members_alone() -> None:
    coordinator = FEDERATION.coordinator()
    forged = swapped_and_signed_by_the_coordinator().advertisements[2]
    for message, words in (
        (forged, "identity key"),
        (stranger().advertisements[4], "not a member"),
        (FEDERATION.participant("member-2", round_id="round-2").advertise(), "another round"),
        (FEDERATION.participant("member-2", plan_digest="0" * 64).advertise(), "another plan"),
    ):
        with pytest.raises(ProtocolError, match=words):
            coordinator.receive_advertise(message)
    assert coordinator.missing() == set(FEDERATION.names)


def test_a_participant_whose_own_key_is_not_in_the_directory_does_not_begin() -> None:
    with pytest.raises(ProtocolError, match="identity key"):
        FEDERATION.participant("member-1", sign=COORDINATORS_IDENTITY.sign)
    directory = {name: key for name, key in FEDERATION.directory.items() if name != "member-1"}
    with pytest.raises(ProtocolError, match="directory"):
        FEDERATION.participant("member-1", directory=directory)
