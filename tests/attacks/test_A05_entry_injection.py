"""A5, A6: no text forges an entry or carries a sentence into the log."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlore.govern.audit.entry import AuditError, Head, is_id, make_entry
from fedlore.privacy.ledger import BudgetError, Charge
from fedlore.store import audit, ledger
from fedlore.store.database import Database

FORGERIES = [
    'op","kind":"budget.void',
    "op\n2 budget.void",
    "op\u2028budget",
    "op\u202ednib",
    "op\x00",
    "\u043eperation",
    "Mallory Smith",
    "mallory@example.org",
    "op ",
]


@pytest.mark.parametrize("text", FORGERIES)
def test_a_forged_id_never_reaches_the_log(text: str) -> None:
    database = Database("sqlite://")
    with pytest.raises(BudgetError), database.transaction() as connection:
        ledger.reserve(connection, operation_id=text, scope="s", charge=Charge(1, 0), caps=[], now=1.0)
    for body in ({"operation_id": text}, {text: 1}):
        with pytest.raises(AuditError):
            make_entry(Head(), time_us=0, kind="test", body=body)
    with pytest.raises(AuditError):
        make_entry(Head(), time_us=0, kind=text, body={})


@given(st.text(max_size=30))
@settings(deadline=None)
def test_what_passes_for_an_id_is_one_printable_ascii_word(text: str) -> None:
    if is_id(text):
        assert text.isascii()
        assert text.isprintable()
        assert not set(text) & set(" \"'\\{},;@")


def test_an_event_s_own_words_stay_out_of_the_log() -> None:
    database = Database("sqlite://")
    with database.transaction() as connection:
        charge = Charge(1, 0, {"note": "Mallory's secret project"})
        ledger.reserve(connection, operation_id="op", scope="s", charge=charge, caps=[], now=1.0)
        (entry,) = audit.entries(connection)
    assert set(entry.body) == {"operation_id", "scope", "event_digest", "epsilon_micro", "delta_e15"}
    assert "Mallory" not in repr(entry)
