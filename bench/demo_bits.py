"""Whether the observer reads from fresh repositories what the demo planted in them."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from bench.row import Row, value
from fedlore.demo.compare import bits_agree
from fedlore.demo.population import draw_truth
from fedlore.demo.repositories import generate
from fedlore.observe.projects import observe_projects

PROJECTS = 300


def run() -> list[Row]:
    """The share of equal bits over 300 repositories made for this run (at least .99), and that of the worst bit."""
    rng = np.random.default_rng()
    with tempfile.TemporaryDirectory() as folder:
        world = generate(Path(folder), draw_truth(rng), projects=PROJECTS, as_of=int(time.time()), rng=rng)
        results = observe_projects(world.paths, as_of=world.as_of)
    names = (*world.truth.practices, *world.truth.outcomes)
    read = np.array([[bool((result.features or {}).get(name)) for name in names] for result in results])
    worst = min(bits_agree(world.bits[:, [column]], read[:, [column]]) for column in range(len(names)))
    return [
        value("demo: share of planted bits read back", bits_agree(world.bits, read), low=0.99),
        value("demo: share of the worst of 19 bits", worst, low=0.99),
    ]
