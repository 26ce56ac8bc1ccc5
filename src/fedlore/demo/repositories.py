"""Make a world: organisations whose projects are real git repositories in which a known truth holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from fedlore.demo.chance import Chance
from fedlore.demo.fastimport import write_repository
from fedlore.demo.messages import Person
from fedlore.demo.population import OUTCOMES, PRACTICES, Bits, Truth, draw_projects
from fedlore.demo.project import Place, draw_project
from fedlore.demo.texts import read_table

_ZONES = ("+0000", "+0100", "+0200", "+0530", "+0800", "-0500", "-0800")
_TEAM = 14


@dataclass(frozen=True, slots=True)
class World:
    """Each organisation's repositories, the bits planted in them, and the truth that these were drawn from.

    ``bits`` has one row for each repository, in the order of ``paths``, and the columns of the truth's practices, then
    its outcomes.
    """

    organisations: dict[str, list[Path]]
    bits: Bits
    truth: Truth
    as_of: int

    @property
    def paths(self) -> list[Path]:
        """All repositories, one organisation after the other."""
        return [path for paths in self.organisations.values() for path in paths]


def generate(
    folder: Path,
    truth: Truth,
    organisations: int = 12,
    projects: int = 1200,
    *,
    as_of: int,
    rng: np.random.Generator,
    progress: Callable[[int, int], None] | None = None,
    workers: int = 2,
) -> World:
    """Make so many repositories in ``folder / organisation / project``, after writing ``folder / "truth.json"``.

    That file holds the truth, ``as_of`` (Unix seconds; outcomes look back from it) and each project's bits. The
    organisations differ in size. ``progress`` is told how many repositories are done, of how many. Raises `ValueError`
    if the truth names what projects here cannot show, or there are fewer projects than organisations, and
    `FileExistsError` if the folder holds a world already.
    """
    if unknown := {*truth.practices, *truth.outcomes} - {*PRACTICES, *OUTCOMES}:
        raise ValueError(f"projects cannot show {', '.join(sorted(unknown))}")
    if not 0 < organisations <= projects:
        raise ValueError("each organisation has at least one project")
    chance = Chance(rng)
    places = _draw_places(chance, organisations, projects)
    bits = draw_projects(truth, projects, rng)
    wanted = [_completed(chance, truth, row.tolist()) for row in bits]
    paths = [folder / place.organisation / place.project for place in places]
    _write_truth(folder, truth, as_of, paths, bits)

    def make(number: int, seeded: np.random.Generator) -> None:
        history = draw_project(Chance(seeded), wanted[number], places[number], as_of)
        write_repository(paths[number], history)

    with ThreadPoolExecutor(workers) as pool:
        for done, _ in enumerate(pool.map(make, range(projects), rng.spawn(projects)), start=1):
            if progress is not None:
                progress(done, projects)
    grouped: dict[str, list[Path]] = {}
    for place, path in zip(places, paths, strict=True):
        grouped.setdefault(place.organisation, []).append(path)
    return World(grouped, bits, truth, as_of)


def _completed(chance: Chance, truth: Truth, row: Sequence[bool]) -> dict[str, bool]:
    """The row by id; practices and outcomes that the truth does not speak of are left to a coin."""
    coins = {name: chance.happens(0.5) for name in (*PRACTICES, *OUTCOMES)}
    return {**coins, **dict(zip((*truth.practices, *truth.outcomes), row, strict=True))}


def _draw_places(chance: Chance, organisations: int, projects: int) -> list[Place]:
    words = read_table("words")
    sizes = chance.rng.multinomial(projects - organisations, chance.rng.dirichlet([20.0] * organisations)) + 1
    places = []
    for organisation, size in zip(_numbered(chance, words["organisations"], organisations), sizes, strict=True):
        people = tuple(
            Person(name, f"{name.lower()}@{organisation}.example", chance.pick(_ZONES))
            for name in chance.some(words["people"], _TEAM)
        )
        names = ["-".join(pair) for pair in product(words["nouns"], words["kinds"])]
        places += [Place(organisation, name, people) for name in _numbered(chance, names, int(size))]
    return places


def _numbered(chance: Chance, names: Sequence[str], count: int) -> list[str]:
    """So many different names, with numbers behind them once all have been taken."""
    order = chance.some(names, len(names))
    return [
        order[place % len(order)] + (f"-{place // len(order) + 1}" if place >= len(order) else "")
        for place in range(count)
    ]


def _write_truth(folder: Path, truth: Truth, as_of: int, paths: Sequence[Path], bits: Bits) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    planted = {
        path.relative_to(folder).as_posix(): "".join("01"[bit] for bit in row.tolist())
        for path, row in zip(paths, bits, strict=True)
    }
    table = {"schema": "fedlore.truth/1", "as_of": as_of, **truth.as_dict(), "projects": planted}
    with (folder / "truth.json").open("x", encoding="utf-8") as file:
        file.write(json.dumps(table, indent=1) + "\n")
