"""Run one benchmark, or all: ``python -m bench [NAME] [--format json]``; exits 1 if a limit does not hold.

Further options of a benchmark (see its module) follow its name.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys

import bench
from bench.row import Row


def names() -> list[str]:
    """The modules of this package that have ``run() -> list[Row]``."""
    return sorted(
        module.name
        for module in pkgutil.iter_modules(bench.__path__)
        if module.name not in {"clock", "mutation_tests", "mutations", "row", "__main__"}
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Benchmarks side by side with a peer.")
    parser.add_argument("name", nargs="?", choices=names(), help="default: all")
    parser.add_argument("--format", choices=["table", "json"], default="table")
    arguments, further = parser.parse_known_args()
    rows: list[Row] = []
    for name in [arguments.name] if arguments.name else names():
        print(f"running {name} ...", file=sys.stderr)
        module = importlib.import_module(f"bench.{name}")
        if further and not (arguments.name and hasattr(module, "run_with")):
            parser.error(f"unrecognized arguments: {' '.join(further)}")
        rows += module.run_with(further) if further else module.run()
    if arguments.format == "json":
        print(json.dumps({"schema": "fedlore.bench/1", "rows": [row.as_dict() for row in rows]}, indent=1))
    else:
        width = max([len(row.name) for row in rows] + [4])
        print(f"{'name':{width}} {'ours':>10} {'peer':>10} {'ratio':>8}  limit")
        for row in rows:
            peer = "-" if row.peer is None else f"{row.peer:.4g}"
            verdict = "holds" if row.holds else "FAILS"
            print(f"{row.name:{width}} {row.ours:>10.4g} {peer:>10} {row.ratio:>8.3g}  {row.limit} {verdict}")
    sys.exit(not all(row.holds for row in rows))


if __name__ == "__main__":
    main()
