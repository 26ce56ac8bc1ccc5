"""The processes that read repositories: joblib's own on this machine, or those of a Ray cluster."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any, Literal

from joblib import Parallel, parallel_config

from fedlore.catalogue.errors import ToolError

Backend = Literal["processes", "ray"]
"""Where repositories are read: in processes of this machine, or in those of a Ray cluster."""


@contextmanager
def workers(backend: Backend, jobs: int) -> Iterator[Parallel]:
    """A runner of joblib's with this many processes, whose results come one by one, in order.

    Ray is begun with as many processors on this machine, unless ``RAY_ADDRESS`` names a cluster or one was joined
    before; it is ended only if it was begun here. Raises `ToolError` where Ray is not installed.
    """
    if backend == "processes":
        yield Parallel(n_jobs=jobs, backend="loky", return_as="generator")
        return
    ray = _ray()
    begun = not ray.is_initialized()
    with redirect_stdout(sys.stderr):  # Ray says there that a worker died, in the middle of the program's answer
        if begun:
            own = {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": jobs, "include_dashboard": False}
            ray.init(logging_level=logging.ERROR, log_to_driver=False, **own)
        try:
            with parallel_config(backend="ray", n_jobs=jobs):
                yield Parallel(n_jobs=jobs, return_as="list")
        finally:
            if begun:
                ray.shutdown()


def _ray() -> Any:
    # Ray reports its use to its makers unless it is told not to; nothing of this program's use leaves.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray = importlib.import_module("ray")
        importlib.import_module("ray.util.joblib").register_ray()
    except ImportError:
        raise ToolError("the backend ray needs Ray: install fedlore with its extra, fedlore[ray]") from None
    return ray
