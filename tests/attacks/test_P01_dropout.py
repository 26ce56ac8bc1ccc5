"""P1: members drop out at each phase. Nothing can be opened without them, and the round says so."""

from __future__ import annotations

import pytest

from fedlore.aggregate.masking.errors import DropoutError, ProtocolError
from fedlore.aggregate.masking.messages import UnmaskRequest
from fedlore.aggregate.masking.participant import check_unmask_request
from tests.aggregate.parties import ROUND, Federation

FEDERATION = Federation(size=5, length=5)
COUNTS = range(1, 6)


@pytest.mark.parametrize("dropped", COUNTS)
@pytest.mark.parametrize("phase", ["advertise", "upload", "unmask"])
def test_a_dropout_ends_the_round_unopened(phase: str, dropped: int) -> None:
    present = FEDERATION.names[dropped:]
    coordinator, _, masked, unmask = FEDERATION.up_to_upload()
    if phase == "advertise":
        coordinator = FEDERATION.coordinator()
        for name in present:
            coordinator.receive_advertise(FEDERATION.participant(name).advertise())
    if phase == "upload":
        for name in present:
            coordinator.receive_masked(masked[name])
    if phase == "unmask":
        for message in masked.values():
            coordinator.receive_masked(message)
        coordinator.unmask_request()
        for name in present:
            coordinator.receive_unmask(unmask[name])
    with pytest.raises(DropoutError) as caught:
        coordinator.dropout()
    assert (caught.value.missing, caught.value.expected) == (dropped, 5)
    assert str(caught.value).startswith(f"{dropped} of 5 members are missing")
    assert not any(name in str(caught.value) for name in FEDERATION.names)
    for call in (coordinator.total, coordinator.unmask_request):
        with pytest.raises(ProtocolError, match="ended unopened"):
            call()
    with pytest.raises(ProtocolError, match=r"ended unopened|two different"):
        coordinator.receive_unmask(unmask["member-0"])


@pytest.mark.parametrize("dropped", range(1, 5))
def test_a_participant_does_not_help_to_open_less_than_the_whole_roster(dropped: int) -> None:
    _, roster, _, _ = FEDERATION.up_to_upload()
    survivors = roster.participants[dropped:]
    with pytest.raises(DropoutError, match=f"{dropped} of 5 members"):
        check_unmask_request(UnmaskRequest(ROUND, roster.digest, survivors), roster)
    check_unmask_request(UnmaskRequest(ROUND, roster.digest, roster.participants), roster)


def test_nobody_missing_is_no_dropout() -> None:
    coordinator, _, masked, _ = FEDERATION.up_to_upload()
    for message in masked.values():
        coordinator.receive_masked(message)
    coordinator.dropout()
    assert coordinator.unmask_request().survivors == tuple(FEDERATION.names)
