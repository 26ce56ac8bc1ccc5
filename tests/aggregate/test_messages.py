"""The wire form: what is written is read, and nothing else is read at all."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from fedlore.aggregate.masking.errors import ProtocolError
from fedlore.aggregate.masking.messages import (
    Abort,
    Advertise,
    Masked,
    Message,
    Roster,
    Unmask,
    UnmaskRequest,
    check_signature,
    signed,
)
from fedlore.aggregate.masking.secret import Secret
from tests.aggregate.parties import PLAN, ROUND, Federation

FEDERATION = Federation(size=3, length=5)
_, ROSTER, MASKED, UNMASK = FEDERATION.up_to_upload()
MESSAGES: list[Message] = [
    ROSTER.advertisements[0],
    ROSTER,
    MASKED["member-0"],
    UnmaskRequest(ROUND, ROSTER.digest, ROSTER.participants),
    UNMASK["member-0"],
    Abort(ROUND, "dropout"),
]
SIGNED = [message for message in MESSAGES if isinstance(message, Advertise | Masked | Unmask)]
NO_NAMES: list[object] = [None, 1, 1.5, True, "", "\ttab", "x" * 129, [], [1], [None], {}]
NO_HEXADECIMAL: list[object] = ["AA" * 32, "zz" * 32, "aa " * 32, "aa" * 31, "aa" * 33]
any_message = st.sampled_from(MESSAGES)
any_signed = st.sampled_from(SIGNED)


def with_header(message: Message, **changes: object) -> bytes:
    """The message's bytes with fields of the header changed (or, given None, left out), canonical otherwise."""
    data = message.to_bytes()
    size = int.from_bytes(data[:4], "big")
    fields = {**json.loads(data[4 : 4 + size]), **changes}
    header = rfc8785.dumps({name: value for name, value in fields.items() if value is not None})
    return len(header).to_bytes(4, "big") + header + data[4 + size :]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_what_is_written_is_read(message: Message) -> None:
    again = type(message).parse(message.to_bytes())
    assert again == message
    assert hash(again) == hash(message)
    assert again.to_bytes() == message.to_bytes()
    assert with_header(message) == message.to_bytes()


@given(any_message, st.data())
def test_a_truncated_message_is_refused(message: Message, data: st.DataObject) -> None:
    whole = message.to_bytes()
    kept = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(ProtocolError):
        type(message).parse(whole[:kept])


@given(any_message, st.binary(min_size=1, max_size=80))
def test_a_message_with_more_behind_it_is_refused(message: Message, more: bytes) -> None:
    with pytest.raises(ProtocolError):
        type(message).parse(message.to_bytes() + more)


@given(any_message, st.data())
def test_a_flipped_byte_is_refused_or_makes_another_message(message: Message, data: st.DataObject) -> None:
    whole = bytearray(message.to_bytes())
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        read = type(message).parse(bytes(whole))
    except ProtocolError:
        return
    assert read != message
    assert read.to_bytes() == bytes(whole)
    for one in read.advertisements if isinstance(read, Roster) else [read]:
        if isinstance(one, Advertise | Masked | Unmask) and one not in ROSTER.advertisements:
            with pytest.raises(ProtocolError, match=r"identity key|directory"):
                check_signature(one, FEDERATION.directory)


@given(st.binary(max_size=200), any_message)
def test_noise_is_refused(noise: bytes, message: Message) -> None:
    for data in (noise, len(noise).to_bytes(4, "big") + noise):
        with pytest.raises(ProtocolError):
            type(message).parse(data)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"version": 0},
        {"version": True},
        {"version": None},
        {"version": "1"},
        {"kind": "other"},
        {"kind": None},
        {"more": 1},
        {"comment": "harmless"},
    ],
    ids=str,
)
def test_another_version_kind_or_field_is_refused(message: Message, changes: dict[str, object]) -> None:
    with pytest.raises(ProtocolError):
        type(message).parse(with_header(message, **changes))


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_each_field_is_needed_and_of_its_type(message: Message) -> None:
    data = message.to_bytes()
    names = json.loads(data[4 : 4 + int.from_bytes(data[:4], "big")]).keys() - {"kind", "version"}
    assert names
    for name in names:
        textual = name in {"round", "participant"}
        for wrong in NO_NAMES if textual else NO_NAMES + NO_HEXADECIMAL:
            with pytest.raises(ProtocolError):
                type(message).parse(with_header(message, **{name: wrong}))


@pytest.mark.parametrize(
    "header",
    [
        b'{"kind":"abort","reason":"dropout","round":"round-1","version":1.0}',
        b'{"kind":"abort","reason":"dropout","round":"round-1", "version":1}',
        b'{"reason":"dropout","kind":"abort","round":"round-1","version":1}',
        b'{"kind":"abort","reason":"policy","reason":"dropout","round":"round-1","version":1}',
        b'{"kind":"abort","reason":"dropout","round":"\\u0072ound-1","version":1}',
        b'{"kind":"abort","reason":"dropout","round":"\\ud800","version":1}',
        b'{"kind":"abort","reason":"dropout","round":"\xff","version":1}',
        b"\xef\xbb\xbf" + b'{"kind":"abort","reason":"dropout","round":"round-1","version":1}',
        b'{"kind":"abort","reason":"because","round":"round-1","version":1}',
        b"[" * 100_000,
        b"1" * 10_000,
        b"null",
        b"",
    ],
    ids=lambda header: header[:40].decode(errors="replace"),
)
def test_a_header_in_another_form_is_refused(header: bytes) -> None:
    with pytest.raises(ProtocolError):
        Abort.parse(len(header).to_bytes(4, "big") + header)


def test_a_header_that_claims_to_be_huge_is_refused_unread() -> None:
    with pytest.raises(ProtocolError, match="too long"):
        Abort.parse((2**32 - 1).to_bytes(4, "big") + b"{}")


@given(any_signed)
def test_signatures_hold_for_their_sender_alone(message: Advertise | Masked | Unmask) -> None:
    check_signature(message, FEDERATION.directory)
    other = replace(message, participant="member-1")
    with pytest.raises(ProtocolError, match="identity key"):
        check_signature(other, FEDERATION.directory)
    with pytest.raises(ProtocolError, match="directory"):
        check_signature(replace(message, participant="stranger"), FEDERATION.directory)


@given(any_signed, any_signed)
def test_a_signature_does_not_pass_from_one_message_to_another(
    first: Advertise | Masked | Unmask, second: Advertise | Masked | Unmask
) -> None:
    moved = replace(second, signature=first.signature)
    if first is second:
        check_signature(moved, FEDERATION.directory)
    else:
        with pytest.raises(ProtocolError, match="identity key"):
            check_signature(moved, FEDERATION.directory)


@pytest.mark.parametrize("message", SIGNED, ids=lambda message: type(message).__name__)
@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(65), "0" * 64, None], ids=repr)
def test_a_signature_has_64_bytes(message: Advertise | Masked | Unmask, signature: object) -> None:
    with pytest.raises(ProtocolError, match="signature is not 64 bytes"):
        replace(message, signature=signature)


def test_a_signature_under_the_bare_payload_is_worth_nothing() -> None:
    message = ROSTER.advertisements[0]
    bare = replace(message, signature=FEDERATION.identities[message.participant].sign(message.payload()))
    with pytest.raises(ProtocolError, match="identity key"):
        check_signature(bare, FEDERATION.directory)


def test_names_and_digests_are_checked_where_a_message_is_made() -> None:
    sign = FEDERATION.identities["member-0"].sign
    key = ROSTER.advertisements[0].mask_key
    for arguments in (
        ("", PLAN, "member-0", key),
        ("a\nb", PLAN, "member-0", key),
        (ROUND, PLAN.upper(), "member-0", key),
        (ROUND, PLAN[:-2], "member-0", key),
        (ROUND, PLAN, "m\u202e", key),
        (ROUND, PLAN, "member-0", key[:-1]),
    ):
        with pytest.raises(ProtocolError):
            signed(Advertise(*arguments), sign)
    with pytest.raises(ProtocolError, match="seed"):
        Unmask(ROUND, "member-0", ROSTER.digest, Secret(bytes(31)))
    for vector in (b"", bytes(3), np.zeros(4, dtype=np.uint32)):
        with pytest.raises(ProtocolError, match="words"):
            Masked(ROUND, PLAN, "member-0", ROSTER.digest, PLAN, vector)  # type: ignore[arg-type]


def test_lists_are_in_order_and_name_nobody_twice() -> None:
    first, second, third = ROSTER.advertisements
    other_round = FEDERATION.participant("member-2", round_id="round-2").advertise()
    with pytest.raises(ProtocolError, match="no members"):
        Roster(())
    for members in ((second, first), (first, first), (first, second, third, third), (first, other_round)):
        with pytest.raises(ProtocolError, match="roster"):
            Roster(tuple(members))
    for survivors in ((), ("b", "a"), ("a", "a")):
        with pytest.raises(ProtocolError, match="survivors"):
            UnmaskRequest(ROUND, ROSTER.digest, survivors)
