"""The truck factor is that of the published definition, and files are followed as far as their content tells."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import log
from pathlib import Path
from time import process_time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlore.observe.evidence import History
from fedlore.observe.features.file_lives import follow_files
from fedlore.observe.features.truck_factor import TruckFactor, truck_factor
from fedlore.observe.history.git import read_history
from fedlore.observe.opening import opened
from tests.observe.histories import (
    ALICE,
    BEGIN,
    BOB,
    CAROL,
    DEPENDABOT,
    Commit,
    make_evidence,
    make_repository,
    numbered_ids,
    run_git,
)

A, B, C = (b"src/%s.py" % name for name in (b"a", b"b", b"c"))


def history_of(folder: Path, commits: Sequence[Commit]) -> History:
    with opened(make_repository(folder, commits)) as repository:
        return read_history(repository)[0]


def owned(*files: tuple[tuple[bytes, bytes], int]) -> tuple[list[Commit], list[bytes]]:
    """Each author alone makes so many files and changes each once more."""
    commits: list[Commit] = []
    paths: list[bytes] = []
    for who, number in files:
        new = {b"src/%s%d.py" % (who[0][:1], index): "A" for index in range(number)}
        commits += [Commit(who=who, files=new, day=len(commits)), Commit(who=who, files=new, day=len(commits) + 1)]
        paths += new
    return commits, paths


@pytest.mark.parametrize(
    ("owners", "expected"),
    [
        # Two of four files are half: enough to be covered, so that the second person has to leave too.
        ([(ALICE, 2), (BOB, 2)], TruckFactor(2, 4, 4, 0)),
        ([(ALICE, 3), (BOB, 2)], TruckFactor(1, 5, 5, 2)),
        ([(ALICE, 4), (BOB, 4), (CAROL, 4)], TruckFactor(2, 12, 12, 4)),
        ([(ALICE, 5), (BOB, 1), (CAROL, 1)], TruckFactor(1, 7, 7, 2)),
        ([(ALICE, 3)], TruckFactor(1, 3, 3, 0)),
    ],
)
def test_a_generated_repository_has_the_known_truck_factor(
    tmp_path: Path, owners: list[tuple[tuple[bytes, bytes], int]], expected: TruckFactor
) -> None:
    commits, paths = owned(*owners)
    assert truck_factor(history_of(tmp_path / "r", commits), paths) == expected


@pytest.mark.parametrize(("changes", "people"), [(1, 2), (9, 2), (10, 1)])
def test_who_is_no_longer_an_author_keeps_nothing_covered(changes: int, people: int) -> None:
    """Alice begins a file, Bob changes it n times: 4.391 - 0.321 ln(1 + n) against three quarters of 3.293 + 0.164 n.

    For 9 changes these are 3.652 and 3.577, for 10 they are 3.621 and 3.700: Alice is an author no more.
    """
    commits = [Commit(files={A: "A"}), *[Commit(day=day + 1, who=BOB, files={A: "M"}) for day in range(changes)]]
    assert truck_factor(make_evidence(commits).history, [A]) == TruckFactor(people, 1, 1, 0)


def test_a_file_that_a_bot_began_has_no_first_author() -> None:
    begun = [Commit(who=DEPENDABOT, files={A: "A"}), Commit(day=1, files={A: "M"}, who=BOB)]
    # Bob has 3.293 + 0.164, which is an author's degree.
    assert truck_factor(make_evidence(begun).history, [A]) == TruckFactor(1, 1, 1, 0)
    assert truck_factor(make_evidence(begun[:1]).history, [A]) == TruckFactor(0, 1, 0, 0)
    # With one change each, everybody has 3.293 + 0.164 - 0.321 ln 2 = 3.23: nobody is an author.
    others = [*begun, Commit(day=2, files={A: "M"})]
    assert truck_factor(make_evidence(others).history, [A]) == TruckFactor(0, 1, 0, 0)


def test_files_without_a_history_or_a_language_do_not_count() -> None:
    history = make_evidence([Commit(files={A: "A", b"README": "A", b"vendor/x.py": "A"})]).history
    assert truck_factor(history, [A, b"README", b"vendor/x.py", b"src/unknown.py"]) == TruckFactor(1, 1, 1, 0)
    assert truck_factor(history, [b"README"]) is None
    assert truck_factor(make_evidence([]).history, [A]) is None


def test_plain_renames_and_returns_are_followed_in_a_real_repository(tmp_path: Path) -> None:
    one, two, another = (b"data %d\n%s\n" % (len(text), text) for text in (b"one", b"two", b"something else"))
    add = b"M 100644 inline %s\n%s"
    steps = [
        add % (b"one.py", one) + add % (b"two.py", two),
        b"R one.py moved.py\nD two.py\n",
        b"R moved.py one.py\n" + add % (b"two.py", two),
        b"R one.py last.py\nD two.py\n",
        add % (b"two.py", another),
    ]
    person = b"author A <a@example.org> %d +0000\ncommitter A <a@example.org> 1600000000 +0000\ndata 0\n"
    # All commits land in the same second, as those of a rebase; they were written one after the other.
    stream = [b"commit refs/heads/main\n" + person % (BEGIN + n) + step for n, step in enumerate(steps)]
    folder = tmp_path / "r"
    folder.mkdir()
    run_git(folder, "init", "-q", "--bare", "-b", "main")
    run_git(folder, "fast-import", "--quiet", stdin=b"".join(stream))
    with opened(folder) as repository:
        history = read_history(repository)[0]
    lives = follow_files(history)
    numbers = dict(zip(history.paths, lives.newest.tolist(), strict=True))
    assert numbers[b"one.py"] == numbers[b"moved.py"] == numbers[b"last.py"] != numbers[b"two.py"]
    files = Counter(lives.file.tolist())
    # Three renames are two changes each after the first addition; two.py came back, and then was another file.
    assert sorted(files.values()) == [1, 4, 7]
    assert files[numbers[b"two.py"]] == 1


@dataclass(slots=True)
class _Told:
    """A history told by what happened to files, which the columns do not say: the oracle of the next test."""

    commits: list[Commit] = field(default_factory=list)
    blobs: dict[tuple[int, bytes], tuple[int, int]] = field(default_factory=dict)
    changes: dict[int, list[tuple[bytes, bytes]]] = field(default_factory=lambda: defaultdict(list))
    now: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    gone: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    made: int = 0

    def tell(self, who: tuple[bytes, bytes], events: Sequence[tuple[str, bytes, bytes]]) -> None:
        """One commit of these events: what, the path, and another path for a rename."""
        place = len(self.commits)
        files: dict[bytes, str] = {}
        for what, path, target in events:
            if path in files or target in files:
                continue
            if what == "rename" and path in self.now and target not in self.now:
                file, blob = self.now.pop(path)
                self.gone[path], self.now[target] = (file, blob), (file, blob)
                self.blobs[place, path], self.blobs[place, target] = (blob, 0), (0, blob)
                files |= {path: "D", target: "A"}
            elif what == "remove" and path in self.now:
                file, blob = self.gone[path] = self.now.pop(path)
                self.blobs[place, path], files[path] = (blob, 0), "D"
                continue
            elif what == "return" and path in self.gone and path not in self.now:
                file, blob = self.now[path] = self.gone[path]
                self.blobs[place, path], files[path] = (0, blob), "A"
            elif what == "change":
                self.made += 1
                file, blob = self.now.get(path, (self.made, 0))
                self.now[path] = file, self.made
                self.blobs[place, path], files[path] = (blob, self.made), "M" if blob else "A"
            else:
                continue
            self.changes[file].append(who)
        self.commits.append(Commit(who=who, files=files, day=place))

    def history(self) -> History:
        history, last = make_evidence(self.commits).history, len(self.commits) - 1
        rows = zip(history.changed_commit.tolist(), history.changed_path.tolist(), strict=True)
        blobs = [self.blobs[last - row, history.paths[path]] for row, path in rows]
        old, new = (numbered_ids(blob[end] for blob in blobs) for end in (0, 1))
        return replace(history, changed_old=old, changed_new=new)

    def truck_factor(self) -> tuple[int, int, int, int]:
        """The definition, read word by word."""
        authored: dict[tuple[bytes, bytes], set[int]] = defaultdict(set)
        made: Counter[tuple[bytes, bytes]] = Counter()
        files = {file for file, _ in self.now.values()}
        came = [commit.who for commit in self.commits]
        for file in files:
            first, *later = self.changes[file]
            people = {first, *later} - {DEPENDABOT}
            human = [who for who in later if who != DEPENDABOT]
            degrees = {
                who: 3.293
                + 1.098 * (who == first)
                + 0.164 * human.count(who)
                - 0.321 * log(1 + len(human) - human.count(who))
                for who in people
            }
            for who, degree in degrees.items():
                if degree >= 3.293 and degree > 0.75 * max(degrees.values()):
                    authored[who].add(file)
                    made[who] += human.count(who) + (who == first)
        before, leavers = len(set().union(*authored.values())), 0
        while authored and len(set().union(*authored.values())) / len(files) >= 0.5:
            authored.pop(min(authored, key=lambda who: (-len(authored[who]), -made[who], came.index(who))))
            leavers += 1
        return leavers, len(files), before, len(set().union(*authored.values()))


_events = st.tuples(
    st.sampled_from(["change", "change", "change", "rename", "remove", "return"]),
    st.sampled_from([A, B, C, b"x/d.go", b"e.js"]),
    st.sampled_from([A, B, C, b"x/f.go"]),
)
_told = st.lists(
    st.tuples(st.sampled_from([ALICE, BOB, CAROL, DEPENDABOT]), st.lists(_events, min_size=1, max_size=4)),
    min_size=1,
    max_size=40,
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(_told)
def test_it_equals_a_plain_reading_of_the_definition(
    commits: list[tuple[tuple[bytes, bytes], list[tuple[str, bytes, bytes]]]],
) -> None:
    told = _Told()
    for who, events in commits:
        told.tell(who, events)
    found = truck_factor(told.history(), list(told.now))
    if not told.now:
        assert found is None
    else:
        assert found == TruckFactor(*told.truck_factor())


def test_a_large_history_is_read_in_a_moment() -> None:
    """A hundred thousand changes by fifty people: no loop over changes could keep up."""
    generator = np.random.default_rng(7)
    people = [(b"P%d" % number, b"p%d@example.org" % number) for number in range(50)]
    paths = [b"src/f%d.py" % number for number in range(500)]
    small = make_evidence(
        [Commit(day=day, who=people[day % 50], files={paths[day]: "A"}) for day in range(500)]
    ).history
    many = 100_000
    commit = np.sort(generator.integers(0, 500, many)).astype(np.int32)
    ids = np.zeros((many, 20), np.uint8)
    large = replace(
        small,
        changed_commit=commit,
        changed_path=generator.integers(0, 500, many).astype(np.int32),
        changed_status=np.full(many, ord("M"), np.uint8),
        changed_old=ids,
        changed_new=ids,
    )
    begin = process_time()
    assert truck_factor(large, paths) is not None
    assert process_time() - begin < 1
