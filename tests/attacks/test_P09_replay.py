"""P9: what was sent in one round is sent again, in the same one or in another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fedlore.aggregate.masking.coordinator import MaskingCoordinator
from fedlore.aggregate.masking.errors import ProtocolError
from fedlore.aggregate.masking.messages import Advertise, Masked, Unmask
from tests.aggregate.parties import Federation

FEDERATION = Federation(size=3, length=3)
SECOND = "round-2"


def second_round() -> tuple[MaskingCoordinator, dict[str, Masked], dict[str, Unmask]]:
    coordinator = FEDERATION.coordinator(round_id=SECOND)
    participants = FEDERATION.participants(round_id=SECOND)
    for participant in participants.values():
        coordinator.receive_advertise(participant.advertise())
    answers = {n: party.mask(coordinator.roster(), FEDERATION.one_hot(n)) for n, party in participants.items()}
    return coordinator, {n: one for n, (one, _) in answers.items()}, {n: two for n, (_, two) in answers.items()}


def test_in_the_same_round_a_replay_is_counted_once() -> None:
    coordinator, roster, masked, unmask = FEDERATION.up_to_upload()
    for message in masked.values():
        for _ in range(3):
            coordinator.receive_masked(message)
    coordinator.unmask_request()
    for seed in unmask.values():
        for _ in range(3):
            coordinator.receive_unmask(seed)
        coordinator.receive_masked(masked["member-0"])
        coordinator.receive_advertise(roster.advertisements[0])
    assert coordinator.total().tolist() == [1, 1, 1]


def test_in_another_round_a_replay_is_refused() -> None:
    _, roster, masked, unmask = FEDERATION.up_to_upload()
    fresh = FEDERATION.coordinator(round_id=SECOND)
    with pytest.raises(ProtocolError, match="another round"):
        fresh.receive_advertise(roster.advertisements[0])
    with pytest.raises(ProtocolError, match="identity key"):
        fresh.receive_advertise(replace(roster.advertisements[0], round_id=SECOND))

    coordinator, own_masked, own_unmask = second_round()
    with pytest.raises(ProtocolError, match="another round"):
        coordinator.receive_masked(masked["member-0"])
    with pytest.raises(ProtocolError, match="another roster"):
        coordinator.receive_masked(replace(masked["member-0"], round_id=SECOND))
    disguised = replace(masked["member-0"], round_id=SECOND, roster_digest=coordinator.roster().digest)
    with pytest.raises(ProtocolError, match="identity key"):
        coordinator.receive_masked(disguised)
    for message in own_masked.values():
        coordinator.receive_masked(message)
    coordinator.unmask_request()
    with pytest.raises(ProtocolError, match="another round"):
        coordinator.receive_unmask(unmask["member-0"])
    disguised_seed = replace(unmask["member-0"], round_id=SECOND, roster_digest=coordinator.roster().digest)
    with pytest.raises(ProtocolError, match="identity key"):
        coordinator.receive_unmask(disguised_seed)
    for seed in own_unmask.values():
        coordinator.receive_unmask(seed)
    assert coordinator.total().tolist() == [1, 1, 1]


def test_in_a_round_with_the_same_id_but_another_plan_a_replay_is_refused() -> None:
    """As when two consortia give a round the same name: the digest is of a plan that names its federation."""
    _, roster, masked, _ = FEDERATION.up_to_upload()
    other = FEDERATION.coordinator(plan_digest="0" * 64)
    with pytest.raises(ProtocolError, match="another plan"):
        other.receive_advertise(roster.advertisements[0])
    for participant in FEDERATION.participants(plan_digest="0" * 64).values():
        other.receive_advertise(participant.advertise())
    other.roster()
    with pytest.raises(ProtocolError, match="another plan"):
        other.receive_masked(masked["member-0"])


def test_a_second_different_message_of_one_member_is_refused() -> None:
    coordinator, _, masked, unmask = FEDERATION.up_to_upload()
    again = Federation(size=3, length=3).participant("member-0", randomness=lambda count: bytes(range(count)))
    with pytest.raises(ProtocolError, match="two different messages"):
        coordinator.receive_advertise(again.advertise())
    for message in masked.values():
        coordinator.receive_masked(message)
    other = replace(masked["member-0"], vector=bytes(12))
    with pytest.raises(ProtocolError, match="two different messages"):
        coordinator.receive_masked(other)
    coordinator.unmask_request()
    for seed in unmask.values():
        coordinator.receive_unmask(seed)
    with pytest.raises(ProtocolError, match="two different messages"):
        coordinator.receive_unmask(replace(unmask["member-0"], signature=bytes(64)))
    assert coordinator.total().tolist() == [1, 1, 1]


def test_the_types_of_the_three_messages_do_not_pass_for_one_another() -> None:
    _, roster, masked, unmask = FEDERATION.up_to_upload()
    messages = [roster.advertisements[0], masked["member-0"], unmask["member-0"]]
    for message in messages:
        for kind in {Advertise, Masked, Unmask} - {type(message)}:
            with pytest.raises(ProtocolError, match="not of the kind"):
                kind.parse(message.to_bytes())
