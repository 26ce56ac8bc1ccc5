"""Our AIM beside dpmm's, which runs in an environment of its own, whose Python FEDLORE_BENCH_DPMM names.

python3 -m venv DIR && DIR/bin/pip install dpmm && FEDLORE_BENCH_DPMM=DIR/bin/python python -m bench synthetic
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.row import Row, at_most, value
from fedlore.privacy.synthetic.aim import Limits, fit
from fedlore.privacy.synthetic.engine import load_mbi, refined
from fedlore.privacy.synthetic.quality import distances
from fedlore.privacy.synthetic.rows import draw_rows
from fedlore.privacy.synthetic.spending import budget_for
from fedlore.privacy.synthetic.table import Column, Table

ROWS = 10_000
SHAPE = (3, 4, 2, 5, 2, 3, 4, 2)
SEEDS = 5
EPSILON_MICRO, DELTA_E15 = 10**6, 10**10  # epsilon 1, and dpmm's own default of delta, 1e-5
VARIABLE = "FEDLORE_BENCH_DPMM"
_FACTORS = 3  # hidden causes that make the columns go together

# dpmm's model with its own defaults, on codes whose domain it is told; one process, since it forks for every step.
_PEER = """
import sys, time
import numpy as np, pandas as pd
from dpmm.models.aim import AIMGM
given = np.load(sys.argv[1])
names = [f"c{number}" for number in range(len(given["shape"]))]
rows = pd.DataFrame(dict(zip(names, given["codes"].T)))
start = time.perf_counter()
model = AIMGM(epsilon=1.0, delta=1e-5, random_state=np.random.RandomState(int(given["seed"])), n_jobs=1)
model.set_domain({name: int(size) for name, size in zip(names, given["shape"])})
model.fit(rows)
made = model.generate(n_records=len(rows))
seconds = time.perf_counter() - start
np.savez(sys.argv[2], codes=made[names].to_numpy().astype(np.int64), seconds=seconds)
"""


def run() -> list[Row]:
    """Mean 2-way distance to the real table over all seeds; about a minute each for us, several for dpmm."""
    peer = os.environ.get(VARIABLE)
    if peer is None:
        print(
            f"left out: {VARIABLE} is not set; it names the Python of an environment that holds dpmm", file=sys.stderr
        )
        return []
    load_mbi()
    ours, theirs, our_seconds, their_seconds, light_seconds = [], [], [], [], []
    for seed in range(SEEDS):
        real = make_table(seed)
        made, seconds, light = _ours(real)
        peers, peer_seconds = _theirs(real, seed, peer)
        ours.append(_two_way(real, made))
        theirs.append(_two_way(real, peers))
        our_seconds.append(seconds)
        light_seconds.append(light)
        their_seconds.append(peer_seconds)
        print(
            f"seed {seed}: 2-way distance {ours[-1]:.5f} against {theirs[-1]:.5f}, "
            f"{seconds:.1f} s ({light:.1f} without mbi) against {peer_seconds:.1f} s",
            file=sys.stderr,
        )
    about = f"{ROWS:,} x {len(SHAPE)}, epsilon 1, {SEEDS} seeds"
    return [
        at_most(f"synthetic: mean 2-way distance, {about}", float(np.mean(ours)), float(np.mean(theirs)), 1.05, ""),
        value("synthetic: seconds each", float(np.mean(our_seconds)), peer=float(np.mean(their_seconds)), unit="s"),
        value("synthetic: of these without mbi's last fit", float(np.mean(light_seconds)), unit="s"),
    ]


def make_table(seed: int) -> Table:
    """Correlated columns: noisy sums of a few hidden causes, cut at uneven quantiles; rows in a random order."""
    rng = np.random.default_rng(seed)
    causes = rng.normal(size=(ROWS, _FACTORS)) @ rng.normal(size=(_FACTORS, len(SHAPE)))
    hidden = causes + rng.normal(size=causes.shape)
    codes: npt.NDArray[np.int64] = np.empty(hidden.shape, dtype=np.int64)
    for column, size in enumerate(SHAPE):
        edges = np.quantile(hidden[:, column], np.cumsum(rng.dirichlet(np.full(size, 3.0)))[:-1])
        codes[:, column] = np.searchsorted(edges, hidden[:, column])
    columns = tuple(Column(f"c{number}", tuple(map(str, range(size)))) for number, size in enumerate(SHAPE))
    return Table(columns, rng.permutation(codes))


def _ours(real: Table) -> tuple[Table, float, float]:
    start = time.perf_counter()
    budget = budget_for(EPSILON_MICRO, DELTA_E15)
    found = fit(real, budget.limit, Limits(), os.urandom, lambda: time.perf_counter() - start)
    light = time.perf_counter() - start
    model = refined(real.shape, found.measurements, found.model)
    return draw_rows(model, real.columns, os.urandom), time.perf_counter() - start, light


def _theirs(real: Table, seed: int, python: str) -> tuple[Table, float]:
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder, "given.npz"), Path(folder, "made.npz")
        np.savez(given, codes=real.codes, shape=np.array(real.shape), seed=seed)
        subprocess.run([python, "-W", "ignore", "-c", _PEER, str(given), str(made)], check=True)
        with np.load(made) as found:
            return Table(real.columns, found["codes"]), float(found["seconds"])


def _two_way(real: Table, made: Table) -> float:
    return distances(real, made)[1].mean
