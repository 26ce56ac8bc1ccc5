"""P2: a member is declared dropped and its vector arrives late, which would reveal it once its masks were taken off."""

from __future__ import annotations

import pytest

from fedlore.aggregate.masking.errors import DropoutError, ProtocolError
from tests.aggregate.parties import Federation

FEDERATION = Federation(size=4, length=4)


def test_a_vector_that_comes_after_the_deadline_is_not_taken() -> None:
    coordinator, _, masked, _ = FEDERATION.up_to_upload()
    late = masked.pop("member-2")
    for message in masked.values():
        coordinator.receive_masked(message)
    with pytest.raises(DropoutError):
        coordinator.dropout()
    with pytest.raises(ProtocolError, match="ended unopened"):
        coordinator.receive_masked(late)


def test_a_second_vector_after_the_request_to_unmask_is_not_taken() -> None:
    coordinator, _, masked, unmask = FEDERATION.up_to_upload()
    for message in masked.values():
        coordinator.receive_masked(message)
    coordinator.unmask_request()
    _, _, other, _ = Federation(size=4, length=4, seed=1).up_to_upload()
    with pytest.raises(ProtocolError, match="two different messages"):
        coordinator.receive_masked(other["member-2"])
    for message in unmask.values():
        coordinator.receive_unmask(message)
    assert coordinator.total().tolist() == [1, 1, 1, 1]
