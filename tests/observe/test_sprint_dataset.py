"""On the status changes of 37 public repositories, the journeys find what was counted there independently."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fedlore.observe.artefacts.journeys import JourneyCounts, count_journeys, journeys
from fedlore.observe.artefacts.states import state_of
from fedlore.observe.evidence import StatusChange

DATASETS = Path(os.environ.get("FEDLORE_DATASETS", Path(__file__).parents[3] / "shared" / "datasets"))
EVENTS = DATASETS / "bmad-sprints" / "events.csv"

METHODS_OWN = {"drafted": "ready-for-dev"}
"""The one word of older versions of the method that its newer ones read as another; all others are taken as written."""


@pytest.mark.skipif(not EVENTS.is_file(), reason=f"{EVENTS} is not there; FEDLORE_DATASETS names another folder")
@pytest.mark.parametrize(
    ("read", "counts"),
    [
        # What was counted: the states that the method itself names, and no other word.
        (lambda word: METHODS_OWN.get(word, word), JourneyCounts(2406, 1392, 314, 1078, 250)),
        # With all the words that teams write for a state, as sprint files are read, three stories differ: one is
        # "complete" (done, straight), one was "in-review" before done (work), and one went from done back to "pending".
        (state_of, JourneyCounts(2406, 1393, 315, 1078, 251)),
    ],
    ids=["the words of the method", "all words for a state"],
)
def test_counts_of_the_public_repositories(read: Callable[[str], str], counts: JourneyCounts) -> None:
    with EVENTS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    changes = [
        StatusChange(f"{row['repo']} {row['item']}", row["kind"], int(row["unix_time"]), read(row["status"]))
        for row in rows
    ]
    assert len(changes) == 6305
    assert count_journeys(journeys(changes)) == counts
    assert len(journeys(changes, "epic")) == 368
