"""Honest rounds: the sum that comes out is the sum of what went in, in whatever order and however often it arrives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlore.aggregate.masking.coordinator import MaskingCoordinator, Phase
from fedlore.aggregate.masking.errors import DropoutError, ProtocolError
from fedlore.aggregate.masking.messages import Advertise, Masked, Unmask
from fedlore.aggregate.masking.vectors import LARGEST_SUM
from tests.aggregate.parties import Federation, run_round

FEDERATION = Federation(size=4, length=4)
COORDINATOR, ROSTER, MASKED, UNMASK = FEDERATION.up_to_upload()


def receive(coordinator: MaskingCoordinator, message: Advertise | Masked | Unmask) -> None:
    {
        Advertise: coordinator.receive_advertise,
        Masked: coordinator.receive_masked,
        Unmask: coordinator.receive_unmask,
    }[type(message)](message)


@st.composite
def rounds(draw: st.DrawFn) -> tuple[Federation, list[np.ndarray]]:
    size, length = draw(st.integers(2, 5)), draw(st.integers(1, 6))
    largest = LARGEST_SUM // size
    values = st.lists(st.integers(-largest, largest), min_size=length, max_size=length)
    contributions = [np.array(draw(values), dtype=np.int64) for _ in range(size)]
    return Federation(size=size, length=length, seed=draw(st.integers(0, 10**6))), contributions


@given(rounds())
def test_the_total_is_the_sum_of_all_contributions(case: tuple[Federation, list[np.ndarray]]) -> None:
    federation, contributions = case
    assert run_round(federation, contributions).tolist() == np.sum(contributions, axis=0).tolist()


def test_a_long_vector_and_twelve_members() -> None:
    federation = Federation(size=12, length=70_001)
    generator = np.random.default_rng(7)
    contributions = list(generator.integers(-(10**6), 10**6, size=(12, 70_001)))
    assert (run_round(federation, contributions) == np.sum(contributions, axis=0)).all()


@given(
    st.permutations(FEDERATION.names), st.permutations(FEDERATION.names), st.permutations(FEDERATION.names), st.data()
)
def test_order_and_duplicates_change_nothing(
    first: list[str], second: list[str], third: list[str], data: st.DataObject
) -> None:
    advertisements = {one.participant: one for one in ROSTER.advertisements}
    coordinator = FEDERATION.coordinator()
    sent: list[Advertise | Masked | Unmask] = []
    for order, messages in ((first, advertisements), (second, MASKED), (third, UNMASK)):
        for name in order:
            sent.append(messages[name])
            receive(coordinator, messages[name])
            receive(coordinator, data.draw(st.sampled_from(sent)))
        if coordinator.phase is Phase.ADVERTISE:
            assert coordinator.roster() == coordinator.roster() == ROSTER
        elif coordinator.phase is Phase.UPLOAD:
            assert coordinator.unmask_request() == coordinator.unmask_request()
    assert coordinator.total().tolist() == [1, 1, 1, 1]
    assert coordinator.total().tolist() == [1, 1, 1, 1]


@given(st.integers(0, 4), st.integers(0, 4))
def test_a_coordinator_is_restored_from_the_messages_it_stored(uploaded: int, unmasked: int) -> None:
    """A new one is handed what the one that crashed had stored, and goes on from there to the same sum."""
    unmasked = unmasked if uploaded == 4 else 0
    restored = FEDERATION.coordinator()
    for one in ROSTER.advertisements:
        restored.receive_advertise(one)
    assert restored.roster().digest == ROSTER.digest
    for message in list(MASKED.values())[:uploaded]:
        restored.receive_masked(Masked.parse(message.to_bytes()))
    if unmasked:
        restored.unmask_request()
    for seed in list(UNMASK.values())[:unmasked]:
        restored.receive_unmask(Unmask.parse(seed.to_bytes()))
    for message in MASKED.values():
        restored.receive_masked(message)
    assert restored.unmask_request().survivors == ROSTER.participants
    for seed in UNMASK.values():
        restored.receive_unmask(seed)
    assert restored.total().tolist() == [1, 1, 1, 1]


def test_calls_out_of_turn_are_refused_and_change_nothing() -> None:
    coordinator = FEDERATION.coordinator()
    first, *others = ROSTER.advertisements
    for message in (MASKED["member-0"], UNMASK["member-0"]):
        with pytest.raises(ProtocolError, match="waits for keys"):
            receive(coordinator, message)
    for early in (coordinator.unmask_request, coordinator.total):
        with pytest.raises(ProtocolError, match="waits for keys"):
            early()
    coordinator.receive_advertise(first)
    with pytest.raises(DropoutError, match="3 of 4 members"):
        coordinator.roster()
    for one in others:
        coordinator.receive_advertise(one)
    assert coordinator.missing() == frozenset()
    coordinator.roster()
    assert coordinator.missing() == coordinator.members == set(FEDERATION.names)
    with pytest.raises(ProtocolError, match="waits for masked vectors"):
        receive(coordinator, UNMASK["member-0"])
    with pytest.raises(ProtocolError, match="waits for masked vectors"):
        coordinator.total()
    coordinator.receive_masked(MASKED["member-0"])
    with pytest.raises(DropoutError, match="3 of 4 members"):
        coordinator.unmask_request()
    for message in MASKED.values():
        coordinator.receive_masked(message)
    coordinator.unmask_request()
    coordinator.receive_unmask(UNMASK["member-0"])
    with pytest.raises(DropoutError, match="3 of 4 members"):
        coordinator.total()
    for seed in UNMASK.values():
        coordinator.receive_unmask(seed)
    assert coordinator.total().tolist() == [1, 1, 1, 1]


def test_a_round_needs_members_and_slots_and_a_cohort() -> None:
    for members in ([], ["member-0", "stranger"]):
        with pytest.raises(ProtocolError, match="member directory"):
            FEDERATION.coordinator(members=members)
    for change, words in (({"min_cohort": 1}, "at least 2"), ({"length": 0}, "at least one slot")):
        with pytest.raises(ProtocolError, match=words):
            FEDERATION.participant("member-0", **change)


def test_a_round_may_go_on_without_those_who_never_advertised() -> None:
    """Before the roster is out nothing is masked, so a coordinator for the others can be built."""
    present = FEDERATION.names[:3]
    coordinator = FEDERATION.coordinator(members=present)
    participants = {name: FEDERATION.participant(name) for name in present}
    for participant in participants.values():
        coordinator.receive_advertise(participant.advertise())
    with pytest.raises(ProtocolError, match="not a member"):
        coordinator.receive_advertise(FEDERATION.participant("member-3").advertise())
    answers = [party.mask(coordinator.roster(), FEDERATION.one_hot(name)) for name, party in participants.items()]
    for masked, _ in answers:
        coordinator.receive_masked(masked)
    coordinator.unmask_request()
    for _, unmask in answers:
        coordinator.receive_unmask(unmask)
    assert coordinator.total().tolist() == [1, 1, 1, 0]


def test_the_advertisement_is_the_same_at_every_call_and_fresh_in_every_round() -> None:
    participant = FEDERATION.participant("member-0")
    assert participant.advertise() == participant.advertise()
    other = FEDERATION.participant("member-0", round_id="round-2")
    assert other.advertise().mask_key != participant.advertise().mask_key
