"""Communication anti-patterns: each measure has the value that a hand would count."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.observe.answering import answer, value, with_parents
from tests.observe.histories import ALICE, BOB, CAROL, DEPENDABOT, Commit, make_evidence

DORA = (b"Dora Dill", b"dora@example.org")
EVE = (b"Eve Elm", b"eve@example.org")


def subjects(*texts: bytes) -> list[Commit]:
    return [Commit(text, day) for day, text in enumerate(texts)]


def test_messages() -> None:
    name = "communication.empty_messages"
    assert value(name, make_evidence(subjects(b"wip", *[b"Add a file"] * 19))) is True
    assert value(name, make_evidence(subjects(b"", *[b"Add a file"] * 20))) is False
    long = make_evidence(subjects(b"x" * 72, b"y" * 73, "é".encode() * 72, b"Add"))
    assert value("communication.long_subjects", long) == 0.25
    assert value("communication.message_length", long) == 72
    assert value("communication.message_length", make_evidence([])) is None


def test_issues_that_subjects_name() -> None:
    some = subjects(b"Fix #12", b"ABC-7: add it", b"Add it (#8)", b"Add it")
    assert value("communication.issue_share", make_evidence(some)) == 0.5
    assert value("communication.issue_share", make_evidence([replace(some[0], day=-400), some[3]])) == 0


@pytest.mark.parametrize(
    ("days", "silent", "longest"), [((0, 61), True, 61), ((0, 60), False, 60), ((0, 400), False, None)]
)
def test_silence(days: tuple[int, ...], silent: bool, longest: float | None) -> None:
    evidence = make_evidence([Commit(day=day) for day in days])
    assert value("communication.radio_silence", evidence) is silent
    assert value("communication.longest_silence", evidence) == longest


def people(**commits: int) -> list[Commit]:
    who = {"alice": ALICE, "bob": BOB, "carol": CAROL}
    return [Commit(who=who[name]) for name, count in commits.items() for _ in range(count)]


def test_one_person_does_most_of_the_work() -> None:
    assert value("communication.bottleneck", make_evidence(people(alice=4, bob=2))) is True
    found = answer("communication.bottleneck", make_evidence(people(alice=4, bob=3)))
    assert (found.value, list(found.because.values())) == (False, [4, 7])
    assert value("communication.top_share", make_evidence(people(alice=4, bob=4))) == 0.5
    assert value("communication.top_share", make_evidence([])) is None
    assert value("communication.bottleneck", make_evidence([])) is False


def test_files_and_areas_of_one_person() -> None:
    a, b = {b"a": "M"}, {b"b": "M"}
    shared = [Commit(files=a), Commit(files=a, who=BOB), Commit(files=b), Commit(files=b)]
    assert value("communication.single_owner", make_evidence(shared, paths=[b"a", b"b"])) is True
    assert value("communication.single_owner", make_evidence(shared, paths=[b"a"])) is False
    core, web = {b"core/a.py": "M"}, {b"web/b.js": "M"}
    commits = [Commit(files=core)] * 18 + [Commit(files=web)] * 18 + [Commit(files=web, who=BOB)] * 3
    paths = [b"core/a.py", b"web/b.js"]
    # 18 of 20 are nine tenths, 18 of 21 are not.
    owned = make_evidence([*commits, *[Commit(files=core, who=BOB)] * 2], paths=paths)
    found = answer("communication.single_owner_areas", owned)
    assert (found.value, list(found.because.values())) == (0.5, [1, 2])
    assert value("communication.single_owner_areas", make_evidence(commits[:19], paths=paths)) is None


def merges(*pairs: tuple[tuple[bytes, bytes], tuple[bytes, bytes], bool]) -> list[tuple[Commit, Commit]]:
    return [(Commit(who=author, reviewed=seen), Commit(who=merger)) for author, merger, seen in pairs]


def test_merges_that_nobody_else_saw() -> None:
    kinds = merges((ALICE, BOB, False), (ALICE, ALICE, False), (ALICE, ALICE, True), (DEPENDABOT, ALICE, False))
    commits, parents, line = [Commit(day=0)], [()], 0
    for tip, merge in kinds:
        commits += [replace(tip, day=len(commits)), replace(merge, day=len(commits) + 1)]
        parents += [(line,), (line, len(commits) - 2)]
        line = len(commits) - 1
    evidence = with_parents(make_evidence(commits), parents)
    found = answer("communication.unreviewed_merges", evidence)
    assert (found.value, list(found.because.values())) == (pytest.approx(1 / 3), [1, 3])
    assert value("communication.unreviewed_merges", make_evidence(commits)) is None


def work(who: tuple[bytes, bytes], path: bytes, times: int = 5, day: float = 0) -> list[Commit]:
    return [Commit(day=day, who=who, files={path: "M"})] * times


def test_members_who_work_apart() -> None:
    together = work(ALICE, b"a.py") + work(BOB, b"a.py") + work(BOB, b"b.py") + work(CAROL, b"b.py")
    alone = work(DORA, b"d.py")
    wolves, silos = "communication.lone_wolves", "communication.silos"
    found = answer(wolves, make_evidence([*together, *alone]))
    assert (found.value, list(found.because.values())) == (0.25, [1, 4])
    assert value(silos, make_evidence([*together, *alone])) == 0
    # Eve's single commit makes Dora's file a shared one: a smaller group of two authors, of whom one is a member.
    pair = make_evidence([*together, *alone, *work(EVE, b"d.py", 1)])
    assert value(wolves, pair) == 0
    assert value(silos, pair) == 0.25
    # Text is shared by everybody, and what was shared a year before is not shared now.
    text = make_evidence([*together, *alone, *work(EVE, b"README"), *work(DORA, b"README")])
    assert value(wolves, text) == 0.25
    before = make_evidence([*together, *alone, *work(ALICE, b"d.py", day=-400)])
    assert value(wolves, before) == 0.25
    assert value(wolves, make_evidence(alone)) is None
    # All members are alone, of whom at most a half counts.
    assert value(wolves, make_evidence([*alone, *work(EVE, b"e.py")])) == 0.5
