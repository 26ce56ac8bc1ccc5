"""k, l and t beside pycanon, and k enforced beside anjana, each peer in an environment of its own.

python3 -m venv DIR && DIR/bin/pip install pycanon, and the same with anjana elsewhere; then
FEDLORE_BENCH_PYCANON=DIR/bin/python FEDLORE_BENCH_ANJANA=OTHER/bin/python python -m bench anonymity
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bench.clock import timed
from bench.row import Row, at_least, at_most, value
from fedlore.privacy.anonymity.columns import Column, Integers, Records
from fedlore.privacy.anonymity.guarantee import Guarantee, Measured, measure
from fedlore.privacy.anonymity.mondrian import enforce
from fedlore.privacy.anonymity.partition import losses

ROWS = 30_000
K = 10
SUPPRESS = 0.05
PYCANON, ANJANA = "FEDLORE_BENCH_PYCANON", "FEDLORE_BENCH_ANJANA"
_REPEATS = 5
_CAUSES = 2  # hidden causes that make the columns go together

_READ = """
import json, sys, time
import numpy as np, pandas as pd
given = json.load(open(sys.argv[1]))
data = pd.DataFrame(given["data"])
quasi, sensitive = given["quasi"], given["sensitive"]
"""
_MEASURE = (
    _READ
    + """
import pycanon.anonymity as canon
start = time.perf_counter()
found = {
    "k": int(canon.k_anonymity(data, quasi)),
    "distinct_l": int(canon.l_diversity(data, quasi, sensitive)),
    "entropy_l": int(canon.entropy_l_diversity(data, quasi, sensitive)),
    "t": float(canon.t_closeness(data, quasi, sensitive)),
}
found["seconds"] = time.perf_counter() - start
json.dump(found, open(sys.argv[2], "w"))
"""
)
_ENFORCE = (
    _READ
    + """
from anjana.anonymity import k_anonymity
trees = {
    name: {int(level): np.array(labels) for level, labels in levels.items()} for name, levels in given["trees"].items()
}
start = time.perf_counter()
made = k_anonymity(data, [], quasi, given["k"], given["suppress"], trees)
seconds = time.perf_counter() - start
json.dump({"seconds": seconds, "data": {name: made[name].tolist() for name in quasi}}, open(sys.argv[2], "w"))
"""
)


def run() -> list[Row]:
    """The same table for all; the information loss is our metric over what each has released."""
    rows: list[Row] = []
    if (peer := _python(PYCANON)) is not None:
        rows += _measuring(peer)
    if (peer := _python(ANJANA)) is not None:
        rows += _enforcing(peer)
    return rows


def make_records(ordered: bool) -> Records:
    """30,000 rows: 7 quasi-identifiers that go together and are skewed, a word and a number that are sensitive.

    ``ordered``: three of the quasi-identifiers are cut anywhere in their order; else all have a hierarchy.
    """
    rng = np.random.default_rng(7)
    shapes = {"age": (5, 2, 2, 2, 2), "place": (2, 5, 2, 5), "year": (2, 2, 2, 2), "work": (4, 4)}
    shapes |= {"school": (4, 2, 2), "sex": (2,), "origin": (5, 4, 2)}
    names = list(shapes)
    quasi = tuple(_column(name, shape, ordered and name in names[:3]) for name, shape in shapes.items())
    causes = rng.normal(size=(ROWS, _CAUSES)) @ rng.normal(size=(_CAUSES, len(quasi)))
    hidden = causes + rng.normal(size=causes.shape)
    codes: Integers = np.empty(hidden.shape, dtype=np.int64)
    for number, column in enumerate(quasi):
        edges = np.quantile(hidden[:, number], np.cumsum(rng.dirichlet(np.full(column.size, 3.0)))[:-1])
        codes[:, number] = np.searchsorted(edges, hidden[:, number])
    sensitive = (Column("illness", tuple("abcdef")), Column("income", tuple(map(str, range(20))), ordered=True))
    values = np.stack([rng.integers(0, 6, ROWS), np.minimum(rng.geometric(0.2, ROWS) - 1, 19)], axis=1)
    return Records(quasi, codes, sensitive, values)


def _column(name: str, shape: Sequence[int], ordered: bool) -> Column:
    """A column whose groups hold so many of the level below each, from the label upwards."""
    size = math.prod(shape)
    labels = tuple(f"{name}{number:03d}" for number in range(size))
    if ordered:
        return Column(name, labels, ordered=True)
    widths = np.cumprod(shape[:-1]).tolist()
    return Column(
        name, labels, levels=tuple(tuple(f"{name}-{width}-{n // width}" for n in range(size)) for width in widths)
    )


def _measuring(peer: str) -> list[Row]:
    records = _worked_on(make_records(ordered=False))
    theirs = _asked(peer, _MEASURE, _given(records))
    found: list[Measured] = []
    ours = min(timed(lambda: found.append(measure(records))) for _ in range(_REPEATS))
    mine = found[0]
    same = (
        (mine.k, mine.distinct_l) == (theirs["k"], theirs["distinct_l"])
        and int((mine.entropy_l or 0) + 1e-9) == theirs["entropy_l"]
        and abs(mine.t - theirs["t"]) < 1e-9
    )
    print(f"both: {theirs}; {mine.classes} classes", file=sys.stderr)
    return [
        at_least(f"anonymity: k, l (distinct, entropy), t of {ROWS:,} x 7, pycanon", ours, theirs["seconds"], 50),
        value("anonymity: the same answers as pycanon", float(same), low=1, high=1),
    ]


def _worked_on(records: Records) -> Records:
    """The same rows after they were made coarser, so that k, l and t are not those of rows that are all different."""
    released = enforce(records, Guarantee(K, l=3, t=0.3), SUPPRESS)
    words = np.array(released.words()[1])[:, : len(records.quasi)]
    found = [np.unique(column, return_inverse=True) for column in words.T]
    quasi = tuple(
        Column(column.name, tuple(labels.tolist())) for column, (labels, _) in zip(records.quasi, found, strict=True)
    )
    return Records(quasi, np.stack([codes for _, codes in found], axis=1), released.sensitive, released.sensitive_codes)


def _enforcing(peer: str) -> list[Row]:
    plain = make_records(ordered=False)
    trees = {
        column.name: {
            str(height): list(level)
            for height, level in enumerate((column.labels, *column.levels, ("*",) * column.size))
        }
        for column in plain.quasi
    }
    theirs = _asked(peer, _ENFORCE, {**_given(plain), "trees": trees, "k": K, "suppress": 100 * SUPPRESS})
    rows, lost = [], _lost(plain, theirs["data"])
    for words, ordered in (("the same hierarchies", False), ("three columns cut in their order", True)):
        records = make_records(ordered=ordered)
        asked = Guarantee(K)
        ours = min(timed(partial(enforce, records, asked, SUPPRESS)) for _ in range(_REPEATS))
        released = enforce(records, asked, SUPPRESS)
        loss = released.loss(K)
        print(f"{words}: {loss}, {released.measured()}", file=sys.stderr)
        own = loss.gcp if not ordered else _by_share(plain, released.low, released.high, released.suppressed)
        rows += [
            at_least(f"anonymity: k = {K} for {ROWS:,} x 7, {words}, anjana", ours, theirs["seconds"], 15),
            at_most(f"anonymity: information lost by it (GCP), {words}", own, lost, 0.999, ""),
        ]
    return rows


def _by_share(plain: Records, low: Integers, high: Integers, suppressed: int) -> float:
    """The penalty by shares of the values for every column: one metric, whoever made the rows."""
    kept = np.mean([losses(column, low[:, i], high[:, i]).sum() for i, column in enumerate(plain.quasi)])
    return float(kept + suppressed) / plain.rows


def _lost(plain: Records, data: dict[str, list[str]]) -> float:
    low, high = [], []
    for column in plain.quasi:
        runs = column.runs()
        levels = (column.labels, *column.levels, ("*",) * column.size)
        box = {
            name: (int(first), int(last))
            for level, firsts, lasts in zip(reversed(levels), reversed(runs[0]), reversed(runs[1]), strict=True)
            for name, first, last in zip(level, firsts, lasts, strict=True)
        }
        found = np.array([box[word] for word in data[column.name]])
        low.append(found[:, 0])
        high.append(found[:, 1])
    rows = len(low[0])
    print(f"anjana: {plain.rows - rows} rows suppressed", file=sys.stderr)
    return _by_share(plain, np.stack(low, axis=1), np.stack(high, axis=1), plain.rows - rows)


def _given(records: Records) -> dict[str, Any]:
    data: dict[str, list[Any]] = {
        column.name: np.array(column.labels)[records.quasi_codes[:, i]].tolist()
        for i, column in enumerate(records.quasi)
    }
    for i, column in enumerate(records.sensitive):
        codes = records.sensitive_codes[:, i]
        data[column.name] = codes.tolist() if column.ordered else np.array(column.labels)[codes].tolist()
    return {
        "data": data,
        "quasi": [column.name for column in records.quasi],
        "sensitive": [column.name for column in records.sensitive],
    }


def _python(variable: str) -> str | None:
    found = os.environ.get(variable)
    if found is None:
        print(
            f"left out: {variable} is not set; it names the Python of an environment that holds the peer",
            file=sys.stderr,
        )
    return found


def _asked(python: str, script: str, given: dict[str, Any]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        question, answer = Path(folder, "question.json"), Path(folder, "answer.json")
        question.write_text(json.dumps(given))
        subprocess.run(
            [python, "-W", "ignore", "-c", script, str(question), str(answer)], check=True, stdout=sys.stderr
        )
        return json.loads(answer.read_text())
