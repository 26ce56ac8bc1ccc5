"""P12: values out of range, not a number, of another type, in another number, for another version."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fedlore.aggregate.masking.errors import ContributionError, ProtocolError
from fedlore.aggregate.masking.messages import signed
from tests.aggregate.parties import Federation

FEDERATION = Federation(size=3, length=3)


@pytest.mark.parametrize(
    "contribution",
    [
        np.array([np.nan, 0, 0]),
        np.array([np.inf, 0, 0]),
        np.array([-np.inf, 0, 0]),
        np.array([-0.0, 0, 0]),
        np.array([1.0, 2.0, 3.0]),
        np.array([1, 2, 3], dtype=np.uint32),
        np.array([1, 2, 3], dtype=np.int32),
        np.array([True, False, True]),
        np.array([1, 2, 3], dtype=object),
        np.array(["1", "2", "3"]),
        np.array([2**31, 0, 0], dtype=np.int64),
        np.array([0, -(2**31), 0], dtype=np.int64),
        np.array([0, 0, np.iinfo(np.int64).max]),
        np.array([0, 0, np.iinfo(np.int64).min]),
        np.array([1, 2], dtype=np.int64),
        np.array([1, 2, 3, 4], dtype=np.int64),
        np.array([[1, 2, 3]], dtype=np.int64),
        np.array([], dtype=np.int64),
        np.array(1, dtype=np.int64),
        [1, 2, 3],
        None,
    ],
    ids=repr,
)
def test_a_participant_masks_integers_in_range_alone(contribution: object) -> None:
    participant = FEDERATION.participant("member-0")
    roster = FEDERATION.roster()
    with pytest.raises(ContributionError):
        participant.mask(roster, contribution)  # type: ignore[arg-type]
    masked, _ = participant.mask(roster, FEDERATION.one_hot("member-0"))
    assert masked.participant == "member-0", "after the refusal, a good contribution is still taken"


@pytest.mark.parametrize("words", [1, 2, 4, 300])
def test_the_coordinator_refuses_a_vector_of_another_length(words: int) -> None:
    coordinator, _, masked, _ = FEDERATION.up_to_upload()
    other = signed(replace(masked["member-0"], vector=bytes(4 * words)), FEDERATION.identities["member-0"].sign)
    with pytest.raises(ProtocolError, match=f"has {words} slots, this round has 3"):
        coordinator.receive_masked(other)
    assert coordinator.missing() == set(FEDERATION.names)
