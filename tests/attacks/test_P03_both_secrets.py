"""P3: the coordinator asks for a member's seed and for its key. Only the seed can be asked for."""

from __future__ import annotations

import json

import numpy as np
import pytest
import rfc8785

from fedlore.aggregate.masking.errors import ProtocolError
from fedlore.aggregate.masking.masks import Scope, Stream, apply_streams, self_stream
from fedlore.aggregate.masking.messages import UnmaskRequest
from fedlore.aggregate.masking.vectors import decode
from tests.aggregate.parties import PLAN, ROUND, Federation

FEDERATION = Federation(size=3, length=3)
COORDINATOR, ROSTER, MASKED, UNMASK = FEDERATION.up_to_upload()


@pytest.mark.parametrize("field", ["dropped", "mask_keys", "key_shares"])
def test_a_request_that_asks_for_keys_as_well_is_not_read(field: str) -> None:
    header = {
        "kind": "unmask request",
        "round": ROUND,
        "roster": ROSTER.digest,
        "survivors": list(ROSTER.participants),
        "version": 1,
    }
    for fields in (header, {**header, field: ["member-0"]}):
        body = rfc8785.dumps(fields)
        data = len(body).to_bytes(4, "big") + body
        if field not in fields:
            assert UnmaskRequest.parse(data).survivors == ROSTER.participants
        else:
            with pytest.raises(ProtocolError, match="other fields"):
                UnmaskRequest.parse(data)


def test_what_a_participant_answers_holds_its_seed_and_no_key() -> None:
    for message in UNMASK.values():
        data = message.to_bytes()
        header = json.loads(data[4 : 4 + int.from_bytes(data[:4], "big")])
        assert header.keys() == {"kind", "version", "round", "participant", "roster", "seed"}


def test_all_seeds_together_open_no_single_vector() -> None:
    for name, masked in MASKED.items():
        vector = masked.words.copy()
        mask = self_stream(UNMASK[name].seed, name, Scope(ROUND, PLAN, ROSTER.digest))
        apply_streams(vector, [Stream(mask.key, negative=True)])
        assert np.abs(decode(vector)).max() > 10**6, "the pairs' masks still hide it"
