"""What commits say: each habit is clear, and says nothing about the others."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pytest

from fedlore.demo.chance import Chance
from fedlore.demo.messages import BOTS, Person, draw_subjects, draw_trailers
from fedlore.demo.texts import fill, read_table

CONVENTIONAL = re.compile(r"^(feat|fix|docs|refactor|chore|perf|build|style|test|ci|revert)(\(\w+\))?!?: \S")
CORRECTIVE = re.compile(
    r"\b(hotfix|fix(es|ed)?|bugs?|defects?|errors?|faults?|regressions?|patch(es)?)\b", re.IGNORECASE
)
TEAM = [Person(name, f"{name.lower()}@meadow.example") for name in ("Alder", "Birch", "Cedar", "Fern")]


@pytest.mark.parametrize("number", [12, 13, 27, 40])
@pytest.mark.parametrize(("conventional", "few"), list(product([False, True], repeat=2)))
def test_shares_of_conventional_and_corrective_subjects_are_clear(number: int, conventional: bool, few: bool) -> None:
    chance = Chance(np.random.default_rng(number))
    for _ in range(30):
        subjects = [
            fill(text, {"topic": "parcel handling"}) for text in draw_subjects(chance, number, conventional, few)
        ]
        alike = sum(bool(CONVENTIONAL.search(subject)) for subject in subjects) / number
        corrections = sum(bool(CORRECTIVE.search(subject)) for subject in subjects) / number
        assert alike >= 0.65 if conventional else alike <= 0.35
        assert corrections <= 0.13 if few else 0.28 <= corrections <= 0.5
        assert not CORRECTIVE.search(subjects[0])


def test_corrections_are_as_frequent_in_both_styles() -> None:
    chance = Chance(np.random.default_rng(5))
    subjects = [text for _ in range(400) for text in draw_subjects(chance, 30, chance.happens(0.5), False)]
    shares = [
        np.mean([bool(CORRECTIVE.search(text)) for text in subjects if bool(CONVENTIONAL.search(text)) == style])
        for style in (False, True)
    ]
    assert abs(shares[0] - shares[1]) < 0.05


def test_corrective_words_stand_only_under_corrections() -> None:
    table = read_table("messages")
    for kind in ("plain", "conventional"):
        assert not [text for text in table[kind] if CORRECTIVE.search(text)]
        assert not [text for text in table[f"{kind}_corrections"] if not CORRECTIVE.search(text)]
    words = read_table("words")
    topics = [row["topic"] for rows in read_table("files").values() for row in rows]
    neutral = [*words["nouns"], *words["kinds"], *words["chapters"], *topics]
    assert not [text for text in neutral if CORRECTIVE.search(text) or CONVENTIONAL.search(text)]


@pytest.mark.parametrize("shared", [False, True])
def test_other_humans_are_named_often_or_hardly_ever(shared: bool) -> None:
    chance = Chance(np.random.default_rng(9))
    others_named = odd = 0
    for number in (12, 25, 40) * 20:
        authors = [chance.pick(TEAM) for _ in range(number)]
        trailers = draw_trailers(chance, authors, TEAM, shared)
        named = 0
        for author, text in zip(authors, trailers, strict=True):
            lines = [line for line in text.splitlines() if line.startswith("Co-authored-by: ")]
            people = [line.removeprefix("Co-authored-by: ") for line in lines]
            odd += sum(person in (str(author), str(BOTS[0])) for person in people)
            named += any(person not in (str(author), str(BOTS[0])) for person in people)
        assert named / number >= 0.15 if shared else named / number <= 0.06
        others_named += named
    assert odd
    assert others_named
