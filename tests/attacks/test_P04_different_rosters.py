"""P4: the coordinator shows different members different rosters. The vectors then share no mask: nothing opens."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from fedlore.aggregate.masking.errors import DropoutError, ProtocolError
from fedlore.aggregate.masking.masks import Scope, Stream, apply_streams, self_stream
from fedlore.aggregate.masking.messages import Masked, Roster, Unmask, UnmaskRequest, signed
from fedlore.aggregate.masking.participant import check_unmask_request
from fedlore.aggregate.masking.vectors import WORD, decode
from tests.aggregate.parties import PLAN, ROUND, Federation

FEDERATION = Federation(size=5, length=5)


def split() -> tuple[Roster, Roster, dict[str, tuple[Masked, Unmask]]]:
    """Member 0 is shown everybody, the others a roster without it: the sums would differ by its contribution alone."""
    participants = FEDERATION.participants()
    whole = Roster(tuple(participants[name].advertise() for name in FEDERATION.names))
    others = Roster(whole.advertisements[1:])
    shown = {name: whole if name == "member-0" else others for name in FEDERATION.names}
    return whole, others, {n: party.mask(shown[n], FEDERATION.one_hot(n)) for n, party in participants.items()}


def test_the_coordinator_software_takes_no_vector_for_another_roster() -> None:
    _, others, answers = split()
    coordinator = FEDERATION.coordinator(members=list(others.participants))
    for one in others.advertisements:
        coordinator.receive_advertise(one)
    assert coordinator.roster() == others
    with pytest.raises(ProtocolError, match="not a member"):
        coordinator.receive_masked(answers["member-0"][0])
    whole, _, masked, _ = FEDERATION.up_to_upload()
    with pytest.raises(ProtocolError, match="another roster"):
        whole.receive_masked(answers["member-1"][0])
    whole.receive_masked(masked["member-1"])


def test_a_forged_roster_digest_breaks_the_signature() -> None:
    coordinator, roster, _, _ = FEDERATION.up_to_upload()
    _, _, answers = split()
    relabelled = replace(answers["member-1"][0], roster_digest=roster.digest)
    with pytest.raises(ProtocolError, match="identity key"):
        coordinator.receive_masked(relabelled)


def test_a_coordinator_that_adds_them_up_itself_gets_noise() -> None:
    """Even with every seed, no subset's sum opens except the one that was agreed on by exactly its members."""
    whole, others, answers = split()
    opened = []
    for size in range(1, 6):
        for names in itertools.combinations(FEDERATION.names, size):
            total = np.zeros(5, dtype=WORD)
            for name in names:
                digest = whole.digest if name == "member-0" else others.digest
                masked, unmask = answers[name]
                mask = self_stream(unmask.seed, name, Scope(ROUND, PLAN, digest))
                total += masked.words
                apply_streams(total, [Stream(mask.key, negative=True)])
            if np.abs(decode(total)).max() <= 5:
                opened.append(names)
    assert opened == [others.participants]


def test_pairs_that_saw_different_rosters_share_no_mask() -> None:
    """Each of four is shown itself and its two neighbours in a ring, so every pair is masked from both of its ends.

    If the masks were not bound to the roster they would all cancel, though no two members agree on who takes part.
    """
    ring = FEDERATION.names[:4]
    participants = {name: FEDERATION.participant(name, min_cohort=3) for name in ring}
    advertised = {name: participant.advertise() for name, participant in participants.items()}
    total = np.zeros(5, dtype=WORD)
    digests = set()
    for index, name in enumerate(ring):
        shown = sorted({ring[index - 1], name, ring[(index + 1) % 4]})
        roster = Roster(tuple(advertised[other] for other in shown))
        masked, unmask = participants[name].mask(roster, FEDERATION.one_hot(name))
        mask = self_stream(unmask.seed, name, Scope(ROUND, PLAN, roster.digest))
        total += masked.words
        apply_streams(total, [Stream(mask.key, negative=True)])
        digests.add(roster.digest)
    assert len(digests) == 4
    assert np.abs(decode(total)).max() > 10**6


def test_a_participant_reveals_nothing_for_another_roster_or_round() -> None:
    whole, others, _ = split()
    for request in (
        UnmaskRequest(ROUND, others.digest, others.participants),
        UnmaskRequest(ROUND, others.digest, whole.participants),
        UnmaskRequest("round-2", whole.digest, whole.participants),
    ):
        with pytest.raises(ProtocolError, match="another round or another roster"):
            check_unmask_request(request, whole)
    with pytest.raises(ProtocolError, match="not in the roster"):
        check_unmask_request(UnmaskRequest(ROUND, others.digest, whole.participants), others)
    with pytest.raises(DropoutError):
        check_unmask_request(UnmaskRequest(ROUND, whole.digest, others.participants), whole)


def test_one_key_masks_for_one_roster_only() -> None:
    participant = FEDERATION.participant("member-1")
    whole = FEDERATION.roster()
    participant.mask(whole, FEDERATION.one_hot("member-1"))
    for roster in (Roster(whole.advertisements[1:]), whole):
        with pytest.raises(ProtocolError, match="never masks a second"):
            participant.mask(roster, FEDERATION.one_hot("member-1"))


def test_a_seed_other_than_the_committed_one_is_refused() -> None:
    """A member cannot turn the sum into noise by revealing another seed than its vector was masked with."""
    coordinator, roster, masked, unmask = FEDERATION.up_to_upload()
    for message in masked.values():
        coordinator.receive_masked(message)
    coordinator.unmask_request()
    wrong = Unmask(ROUND, "member-3", roster.digest, unmask["member-2"].seed)
    with pytest.raises(ProtocolError, match="committed"):
        coordinator.receive_unmask(signed(wrong, FEDERATION.identities["member-3"].sign))
    for message in unmask.values():
        coordinator.receive_unmask(message)
    assert coordinator.total().tolist() == [1] * 5
