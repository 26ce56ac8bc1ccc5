"""Kill a process at one statement of a release after another, and look at what the databases say afterwards.

Run as a program: ``python -m tests.attacks.crashing FOLDER STRIDE [URL]`` prints a JSON object. The keys lie in FOLDER,
and so do the databases (SQLite), unless there is a URL, in which ``{}`` stands for the name of a database.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import fedlore.federation
import fedlore.store
from fedlore.federation.participant import charge_of
from fedlore.federation.rounds import resume, run_round
from fedlore.store import audit, contributions, ledger
from tests.federation.making import FEDERATION, World, make_world, planned, some_features

ROUND = "round-1"
WATCHED = tuple(str(Path(package.__path__[0])) for package in (fedlore.federation, fedlore.store))
Point = tuple[str, int, int]
ROOT = Path(__file__).parents[2]
STRIDE = int(os.environ.get("FEDLORE_CRASH_STRIDE", "5"))
"""The tests that are marked slow crash at each statement of this stride; 1 is every one (docs/threat-model.md)."""


class Tracer:
    """Counts the statements of the federation and the store, and kills the process before one of them."""

    def __init__(self, target: Point | None) -> None:
        self.target = target
        self.seen: dict[tuple[str, int], int] = {}

    def __call__(self, frame: FrameType, event: str, _argument: object) -> Any:
        if not frame.f_code.co_filename.startswith(WATCHED):
            return None
        if event == "line":
            place = (frame.f_code.co_filename, frame.f_lineno)
            self.seen[place] = self.seen.get(place, 0) + 1
            if self.target == (*place, self.seen[place]):
                os.kill(os.getpid(), signal.SIGKILL)
        return self


def make(folder: Path, url: str | None) -> World:
    """The federation of one attempt, made or opened again."""
    store = (lambda name: url.format(f"{folder.name}_{name}")) if url else None
    return make_world(folder, some_features(3, 60, seed=7), store=store)


def release(folder: Path, target: Point | None, url: str | None) -> Tracer:
    """One round in a new federation; killed before the statement ``target`` if it comes to it."""
    world = make(folder, url)
    plan = planned(world, ROUND).plan
    tracer = Tracer(target)
    sys.settrace(tracer)
    run_round(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
    sys.settrace(None)
    return tracer


def killed(folder: Path, target: Point, url: str | None) -> bool:
    """Run a release in a child process; whether it was killed on the way."""
    child = os.fork()
    if child == 0:
        release(folder, target, url)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def wrong(world: World) -> list[str]:
    """What the state after a crash and a restart must not be; empty if all is well."""
    found = []
    row = world.coordinator.find(ROUND)
    published = row is not None and row.state == "released"
    if world.coordinator.unfinished(FEDERATION):
        found.append("the round is neither released nor ended")
    for name in [*world.participants, "coordinator"]:
        with world.database(name).reading() as connection:
            audit.verify(connection)
            spent = ledger.totals(connection)
            insights = contributions.insights_of(connection)
            states = {charge.state for charge in ledger.charges(connection)}
        if spent.reserved_epsilon_micro:
            found.append(f"{name} has a charge that is still open")
        if published and spent.committed_epsilon_micro != 4_000_000:
            found.append(f"published, but {name} has not paid")
        if not published and (insights or "committed" in states):
            found.append(f"not published, yet {name} paid or received")
        if published and name != "coordinator" and len(insights) != 1:
            found.append(f"published, but not delivered to {name}")
    return found


def try_point(folder: Path, target: Point, url: str | None) -> dict[str, Any]:
    """Crash there, restart, and say what is wrong; whether it was published, and a retry's bytes were the same."""
    folder.mkdir()
    make(folder, url)
    crashed = killed(folder, target, url)
    world = make(folder, url)
    resume(world.coordinator, world.links, FEDERATION)
    faults = wrong(world)
    row = world.coordinator.find(ROUND)
    published = row is not None and row.state == "released"
    if published and world.coordinator.release(ROUND) != world.coordinator.release(ROUND):
        faults.append("a retry got other bytes")
    return {"target": target, "crashed": crashed, "published": published, "faults": faults}


def crashes(program: str, folder: Path, stride: int, url: str | None) -> dict[str, Any]:
    """What the module ``program`` found, run as a program in a folder of its own."""
    command = [sys.executable, "-m", program, str(folder / "crashes"), str(stride), *([url] if url else [])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main(folder: Path, stride: int, url: str | None) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "whole").mkdir()
    seen = release(folder / "whole", None, url).seen
    points = sorted({(*place, turn) for place, count in seen.items() for turn in (1, count)})
    chosen = points[::stride]
    tried = [try_point(folder / str(index), point, url) for index, point in enumerate(chosen)]
    print(json.dumps({"statements": len(points), "tried": tried}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None)
