"""What the coordinator holds: at no step can a contribution, or a sum of some of them, be found in its memory."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Set
from enum import Enum

import numpy as np
import pytest

from fedlore.aggregate.masking.coordinator import MaskingCoordinator
from fedlore.aggregate.masking.errors import DropoutError
from fedlore.aggregate.masking.masks import Scope, apply_streams, self_stream
from fedlore.aggregate.masking.messages import Masked
from fedlore.aggregate.masking.secret import Secret
from fedlore.aggregate.masking.vectors import WORD
from tests.aggregate.parties import PLAN, ROUND, Federation

FEDERATION = Federation(size=4, length=6)
CONTRIBUTIONS = {
    name: FEDERATION.one_hot(name) * 3 - np.arange(6, dtype=np.int64) * index
    for index, name in enumerate(FEDERATION.names, start=1)
}


def everything(value: object, seen: set[int]) -> Iterator[object]:
    """The value and all that can be reached from it: attributes, slots, items, what arrays are views of."""
    if id(value) in seen or isinstance(value, type | Enum):
        return
    seen.add(id(value))
    yield value
    children: list[object] = []
    if isinstance(value, Mapping):
        children += [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | Set):
        children += value
    elif isinstance(value, np.ndarray) and value.base is not None:
        children.append(value.base)
    children += getattr(value, "__dict__", {}).values()
    slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    children += [getattr(value, name) for name in slots if isinstance(name, str) and hasattr(value, name)]
    for child in children:
        yield from everything(child, seen)


def vectors_in(state: list[object]) -> list[np.ndarray]:
    """Every array, and every string of bytes, that can be read as the round's number of words."""
    size = FEDERATION.length
    found = [value.astype(WORD) for value in state if isinstance(value, np.ndarray) and value.size == size]
    texts = [bytes(value) for value in state if isinstance(value, bytes | bytearray | memoryview)]
    for text, width in itertools.product(texts, (4, 8)):
        starts = range(len(text) - width * size + 1)
        kind = "<u4" if width == 4 else "<u8"
        found += [np.frombuffer(text[start : start + width * size], dtype=kind).astype(WORD) for start in starts]
    return found


def leaks(coordinator: MaskingCoordinator, roster_digest: str) -> list[tuple[str, ...]]:
    """The members whose contribution, or sum of contributions, can be had from the state without all of the others.

    Tried are the vectors in the state, less the self masks of any of the members whose seed is in the state.
    """
    state = list(everything(coordinator, set()))
    assert any(isinstance(value, np.ndarray) for value in state), "the walk sees the running sum"
    vectors = vectors_in(state)
    seeds = [value for value in state if isinstance(value, Secret) and len(value) == 32]
    masks = []
    for seed, name in itertools.product(seeds, FEDERATION.names):
        mask = np.zeros(FEDERATION.length, dtype=WORD)
        apply_streams(mask, [self_stream(seed, name, Scope(ROUND, PLAN, roster_digest))])
        masks.append(mask)
    offsets = [np.zeros(FEDERATION.length, dtype=WORD), *masks]
    reachable = {(vector - offset).tobytes() for vector in vectors for offset in offsets}
    reachable |= {(a - b).tobytes() for a, b in itertools.combinations(vectors[:50], 2)}
    sums = {
        names: np.sum([CONTRIBUTIONS[name] for name in names], axis=0).astype(WORD).tobytes()
        for size in range(1, len(FEDERATION.names))
        for names in itertools.combinations(FEDERATION.names, size)
    }
    assert len(set(sums.values())) == 14
    return [names for names, total in sums.items() if total in reachable]


def test_no_contribution_and_no_proper_sub_sum_is_ever_in_the_coordinators_state() -> None:
    coordinator = FEDERATION.coordinator()
    participants = FEDERATION.participants()
    for participant in participants.values():
        coordinator.receive_advertise(participant.advertise())
    roster = coordinator.roster()
    answers = [participants[name].mask(roster, CONTRIBUTIONS[name]) for name in FEDERATION.names]
    steps = 0
    for masked, _ in answers:
        assert leaks(coordinator, roster.digest) == []
        coordinator.receive_masked(Masked.parse(masked.to_bytes()))
        steps += 1
    coordinator.unmask_request()
    for _, unmask in answers:
        assert leaks(coordinator, roster.digest) == []
        coordinator.receive_unmask(unmask)
        steps += 1
    assert leaks(coordinator, roster.digest) == []
    assert steps == 8
    assert coordinator.total().tolist() == np.sum(list(CONTRIBUTIONS.values()), axis=0).tolist()


@pytest.mark.parametrize("width", [np.int64, np.uint32])
@pytest.mark.parametrize("form", [lambda vector: vector, lambda vector: b"padding" + vector.tobytes() + b"."])
def test_the_walk_would_find_a_contribution(width: type, form: object) -> None:
    """Planted in the state, plain or within other bytes, a contribution and a sub-sum are found."""
    coordinator, roster, _, _ = FEDERATION.up_to_upload()
    first, second = (CONTRIBUTIONS[name] for name in FEDERATION.names[:2])
    coordinator._advertised["planted"] = form(first.astype(width))  # type: ignore[operator]
    assert leaks(coordinator, roster.digest) == [("member-0",)]
    coordinator._advertised["planted"] = [form((first + second).astype(width))]  # type: ignore[operator]
    assert leaks(coordinator, roster.digest) == [("member-0", "member-1")]


def test_a_vector_is_not_kept_beside_the_sum() -> None:
    coordinator, _, masked, _ = FEDERATION.up_to_upload()
    for message in masked.values():
        coordinator.receive_masked(message)
    kept = list(everything(coordinator, set()))
    assert not any(isinstance(value, Masked) for value in kept)
    reachable = {vector.tobytes() for vector in vectors_in(kept)}
    assert len(reachable) > 1
    assert not reachable & {message.vector for message in masked.values()}


def test_a_round_that_ended_keeps_no_sum() -> None:
    coordinator, _, masked, _ = FEDERATION.up_to_upload()
    coordinator.receive_masked(masked["member-0"])
    with pytest.raises(DropoutError, match="3 of 4"):
        coordinator.dropout()
    arrays = [value for value in everything(coordinator, set()) if isinstance(value, np.ndarray)]
    assert arrays
    assert not any(array.any() for array in arrays)
