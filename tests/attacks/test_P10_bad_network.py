"""P10: the network reorders, repeats, delays, truncates and flips. Every byte of every message counts."""

from __future__ import annotations

import pytest

from fedlore.aggregate.masking.coordinator import MaskingCoordinator
from fedlore.aggregate.masking.errors import DropoutError, ProtocolError
from fedlore.aggregate.masking.messages import Advertise, Masked, Message, Roster, Unmask, UnmaskRequest
from fedlore.aggregate.masking.participant import check_unmask_request
from tests.aggregate.parties import Federation

FEDERATION = Federation(size=3, length=3)
COORDINATOR, ROSTER, MASKED, UNMASK = FEDERATION.up_to_upload()


def waiting_for(kind: type[Message]) -> MaskingCoordinator:
    """A coordinator that has heard everything but member 1's message of this kind."""
    coordinator = FEDERATION.coordinator()
    for one in ROSTER.advertisements:
        if (kind, one.participant) != (Advertise, "member-1"):
            coordinator.receive_advertise(one)
    if kind is Advertise:
        return coordinator
    coordinator.roster()
    for name, message in MASKED.items():
        if (kind, name) != (Masked, "member-1"):
            coordinator.receive_masked(message)
    if kind is Unmask:
        coordinator.unmask_request()
        for name in ("member-0", "member-2"):
            coordinator.receive_unmask(UNMASK[name])
    return coordinator


def deliver(coordinator: MaskingCoordinator, kind: type[Message], data: bytes) -> None:
    if kind is Advertise:
        coordinator.receive_advertise(Advertise.parse(data))
    elif kind is Masked:
        coordinator.receive_masked(Masked.parse(data))
    else:
        coordinator.receive_unmask(Unmask.parse(data))


@pytest.mark.parametrize("kind", [Advertise, Masked, Unmask])
def test_the_coordinator_refuses_a_message_with_any_byte_flipped_and_takes_it_whole(kind: type[Message]) -> None:
    message = {Advertise: ROSTER.advertisements[1], Masked: MASKED["member-1"], Unmask: UNMASK["member-1"]}[kind]
    whole = message.to_bytes()
    coordinator = waiting_for(kind)
    for position in range(len(whole)):
        for flip in (0x01, 0x20, 0x80):
            spoiled = bytearray(whole)
            spoiled[position] ^= flip
            with pytest.raises(ProtocolError):
                deliver(coordinator, kind, bytes(spoiled))
    for length in range(len(whole)):
        with pytest.raises(ProtocolError):
            deliver(coordinator, kind, whole[:length])
    assert coordinator.missing() == {"member-1"}
    deliver(coordinator, kind, whole)
    assert coordinator.missing() == frozenset()
    if kind is Unmask:
        assert coordinator.total().tolist() == [1, 1, 1]


def test_a_participant_refuses_a_roster_with_any_byte_flipped() -> None:
    whole = ROSTER.to_bytes()
    participant = FEDERATION.participant("member-1")
    contribution = FEDERATION.one_hot("member-1")
    for position in range(len(whole)):
        spoiled = bytearray(whole)
        spoiled[position] ^= 0x01
        with pytest.raises(ProtocolError):
            participant.mask(Roster.parse(bytes(spoiled)), contribution)
    masked, _ = participant.mask(Roster.parse(whole), contribution)
    assert masked == MASKED["member-1"]


def test_a_participant_refuses_a_request_with_any_byte_flipped() -> None:
    whole = UnmaskRequest("round-1", ROSTER.digest, ROSTER.participants).to_bytes()
    for position in range(len(whole)):
        spoiled = bytearray(whole)
        spoiled[position] ^= 0x01
        with pytest.raises((ProtocolError, DropoutError)):
            check_unmask_request(UnmaskRequest.parse(bytes(spoiled)), ROSTER)
    check_unmask_request(UnmaskRequest.parse(whole), ROSTER)
