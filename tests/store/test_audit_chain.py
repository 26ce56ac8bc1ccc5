"""An entry that was edited, deleted, inserted or reordered, and a log that was cut or forked, are found (A1, A2)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fedlore.govern.audit.entry import AuditError, Entry, Head, make_entry, verify_chain


def _chain(length: int, kind: str = "test") -> list[Entry]:
    head, entries = Head(), []
    for n in range(length):
        entries.append(make_entry(head, time_us=1000 + n, kind=kind, body={"number": n, "operation_id": f"op{n}"}))
        head = Head(entries[-1].index, entries[-1].hash)
    return entries


def test_an_honest_chain_verifies_up_to_its_head() -> None:
    entries = _chain(5)
    assert verify_chain(entries) == Head(5, entries[-1].hash)
    assert verify_chain(entries, known=[Head(0), Head(3, entries[2].hash)]).index == 5
    assert verify_chain([]) == Head()


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize(
    "change",
    [
        {"body": {"number": 99, "operation_id": "op0"}},
        {"time_us": 1},
        {"kind": "other"},
        {"previous": "f" * 64},
        {"index": 9},
        {"hash": "0" * 64},
    ],
)
def test_an_edited_entry_is_found(place: int, change: dict[str, object]) -> None:
    entries = _chain(5)
    entries[place] = replace(entries[place], **change)  # type: ignore[arg-type]
    with pytest.raises(AuditError):
        verify_chain(entries)


@pytest.mark.parametrize("place", range(4))
def test_a_deleted_inserted_or_moved_entry_is_found(place: int) -> None:
    entries = _chain(5)
    moved = [*entries[:place], entries[place + 1], entries[place], *entries[place + 2 :]]
    doubled = [*entries[: place + 1], *entries[place:]]
    for wrong in (entries[:place] + entries[place + 1 :], moved, doubled):
        with pytest.raises(AuditError):
            verify_chain(wrong)


def test_an_entry_rewritten_with_its_hash_breaks_the_next_one() -> None:
    entries = _chain(5)
    head = Head(1, entries[0].hash)
    entries[1] = make_entry(head, time_us=1001, kind="test", body={"number": 99, "operation_id": "op1"})
    with pytest.raises(AuditError, match="does not follow"):
        verify_chain(entries)


def test_a_cut_or_forked_log_is_found_by_whoever_kept_a_head() -> None:
    entries, forked = _chain(5), _chain(5, kind="forked")
    kept = Head(5, entries[-1].hash)
    assert verify_chain(entries[:3]).index == 3
    with pytest.raises(AuditError, match="rolled back"):
        verify_chain(entries[:3], known=[kept])
    with pytest.raises(AuditError, match="forked"):
        verify_chain(forked, known=[kept])


def test_the_hash_covers_types_and_not_only_letters() -> None:
    bodies = [{"a": 1}, {"a": "1"}, {"a": True}, {"a": None}, {"a": 1.5}, {"b": 1}]
    assert len({make_entry(Head(), time_us=0, kind="k", body=body).hash for body in bodies}) == len(bodies)
    one, other = {"a": 1, "b": 2}, {"b": 2, "a": 1}
    assert make_entry(Head(), time_us=0, kind="k", body=one) == make_entry(Head(), time_us=0, kind="k", body=other)
