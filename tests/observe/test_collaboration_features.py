"""Collaboration patterns: each measure has the value that a hand would count."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.observe.answering import answer, value
from tests.observe.histories import ALICE, BOB, CAROL, DEPENDABOT, Commit, make_evidence


def people(**commits: int) -> list[Commit]:
    who = {"alice": ALICE, "bob": BOB, "carol": CAROL}
    return [Commit(who=who[name]) for name, count in commits.items() for _ in range(count)]


@pytest.mark.parametrize(
    ("name", "there", "not_there"),
    [
        ("code_owners", b".gitlab/CODEOWNERS", b"src/CODEOWNERS"),
        ("contributing", b"docs/contributing.md", b"src/CONTRIBUTING.md"),
    ],
)
def test_files_at_head_stand_for_a_practice(name: str, there: bytes, not_there: bytes) -> None:
    assert value(f"collaboration.{name}", make_evidence([Commit()], paths=[b"README.md", there])) is True
    assert value(f"collaboration.{name}", make_evidence([Commit()], paths=[b"README.md", not_there])) is False


def test_how_many_carry_the_work() -> None:
    name = "collaboration.absence_factor"
    assert value(name, make_evidence(people(alice=5, bob=5))) == 1
    found = answer(name, make_evidence(people(alice=4, bob=4, carol=3)))
    assert (found.value, list(found.because.values())) == (2, [2, 8, 11])
    assert value("collaboration.shared_work", make_evidence(people(alice=4, bob=4, carol=3))) is True
    assert value("collaboration.shared_work", make_evidence(people(alice=5, bob=5))) is False
    # Only the last year counts, and no bot.
    earlier = [Commit(day=-365, who=who) for who in (BOB, CAROL) for _ in range(50)]
    assert value(name, make_evidence(earlier + people(alice=1))) == 1
    assert value(name, make_evidence([Commit(b"Bump", who=DEPENDABOT)])) is None


def test_newcomers() -> None:
    old = Commit(day=0, who=ALICE)
    assert value("collaboration.newcomers", make_evidence([old, Commit(day=400, who=BOB)])) is True
    assert value("collaboration.newcomers", make_evidence([old, Commit(day=400, who=ALICE)])) is False
    assert value("collaboration.newcomers", make_evidence([old, Commit(day=300, who=BOB)])) is False
    grown = [old, *[Commit(day=day, who=who) for day, who in ((370, BOB), (380, CAROL), (390, ALICE), (400, CAROL))]]
    found = answer("collaboration.newcomer_share", make_evidence(grown))
    assert (found.value, list(found.because.values())) == (pytest.approx(2 / 3), [2, 3])
    assert value("collaboration.newcomer_share", make_evidence(grown[1:])) is None
    assert value("collaboration.occasional_share", make_evidence(grown)) == pytest.approx(2 / 3)


def test_time_zones_with_a_twentieth_of_the_commits() -> None:
    zones = [Commit(zone="+0200")] * 10 + [Commit(zone="-0700")] * 9 + [Commit(zone="+0900")]
    assert value("collaboration.time_zones", make_evidence(zones)) == 3
    assert value("collaboration.time_zones", make_evidence([*zones, Commit(zone="+0200")])) == 2


@pytest.mark.parametrize(
    ("name", "share", "change"),
    [("coauthored", "pair_share", {"coauthors": 1}), ("review_trailers", "review_share", {"reviewed": True})],
)
def test_trailers(name: str, share: str, change: dict[str, int]) -> None:
    marked = replace(Commit(), **change)
    assert value(f"collaboration.{name}", make_evidence([marked, *[Commit()] * 9])) is True
    assert value(f"collaboration.{name}", make_evidence([marked, *[Commit()] * 10])) is False
    assert value(f"collaboration.{share}", make_evidence([marked, *[Commit()] * 4])) == 0.2
    assert value(f"collaboration.{share}", make_evidence([replace(marked, day=-400), Commit()])) == 0


def test_entropy_of_ownership() -> None:
    a, b = {b"a": "M"}, {b"b": "M"}
    shared = [Commit(files=a), Commit(files=a, who=BOB), Commit(files=b), Commit(files=b)]
    entropy = "collaboration.ownership_entropy"
    assert value(entropy, make_evidence(shared, paths=[b"a", b"b"])) == pytest.approx(0.5)
    assert value(entropy, make_evidence(shared, paths=[b"a"])) == pytest.approx(1)
    assert value(entropy, make_evidence(shared, paths=[b"c"])) is None


def test_owners_and_minor_contributors_of_areas() -> None:
    a, b, docs = {b"src/core/a.py": "M"}, {b"src/b.py": "M"}, {b"src/core/README": "M"}
    commits = [
        *[Commit(files=a)] * 30,
        *[Commit(files=a, who=BOB)] * 9,
        Commit(files=a, who=CAROL),
        *[Commit(files=b)] * 10,
        *[Commit(files=b, who=BOB)] * 10,
        *[Commit(files=docs, who=CAROL)] * 99,
    ]
    paths = [b"src/core/a.py", b"src/b.py", b"src/core/README"]
    # 30 of 40 and 10 of 20; one of three authors made fewer than 2 of 40 changes, none of two fewer than 1 of 20.
    assert value("collaboration.top_owner", make_evidence(commits, paths=paths)) == (0.75 + 0.5) / 2
    assert value("collaboration.minor_contributors", make_evidence(commits, paths=paths)) == pytest.approx(1 / 6)
    assert value("collaboration.top_owner", make_evidence(commits[:19], paths=paths)) is None
    two = make_evidence([*commits[:38], *[Commit(files=a, who=CAROL)] * 2], paths=paths)
    assert value("collaboration.minor_contributors", two) == 0


def test_concentration_after_gini() -> None:
    name = "collaboration.commit_gini"
    assert value(name, make_evidence(people(alice=3, bob=3))) == 0
    # (2 - 4) 1 + (4 - 4) 2 + (6 - 4) 7 over 3 times 10.
    assert value(name, make_evidence(people(alice=7, bob=2, carol=1))) == pytest.approx(12 / 30)
    assert value(name, make_evidence(people(alice=7))) is None


def test_people_at_work() -> None:
    commits = [Commit(day=0), Commit(day=10.5, who=BOB), Commit(day=100, who=CAROL), Commit(day=100)]
    assert value("collaboration.active_authors", make_evidence(commits)) == 3
    assert value("collaboration.active_authors", make_evidence([Commit(who=DEPENDABOT)])) is None


def test_the_truck_factor_says_how_it_came_about() -> None:
    commits = [Commit(files={b"a.py": "A", b"b.py": "A"}), Commit(files={b"c.py": "A"}, who=BOB, day=1)]
    found = answer("collaboration.truck_factor", make_evidence(commits, paths=[b"a.py", b"b.py", b"c.py"]))
    assert (found.value, list(found.because.values())) == (1, [1, 3, 3, 1])
    assert value("collaboration.truck_factor", make_evidence(commits)) is None
