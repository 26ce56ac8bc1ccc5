"""The final fit, by the library mbi (extra ``synth``): McKenna, Sheldon and Miklau's own mirror descent, in float64.

Every structure of cliques that mbi fits is compiled anew, for seconds; AIM meets a new one each round, so it fits those
with `fitting` and only the last with mbi (see docs/decisions/2026-11-24-gaussian-budget-for-aim.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

import numpy as np

from fedlore.catalogue.errors import ToolError
from fedlore.privacy.synthetic.fitting import merged
from fedlore.privacy.synthetic.measuring import Measurement
from fedlore.privacy.synthetic.model import Model, buckets_of, calibrated
from fedlore.privacy.synthetic.table import Floats

_STEPS = 1000


def load_mbi() -> ModuleType:
    """The library, set to compute in float64 and to keep no compiled code on disk, which is also what it asks for.

    Raises `ToolError` with one sentence if it is not installed.
    """
    try:
        settings = import_module("jax").config
        settings.update("jax_enable_x64", True)
        settings.update("jax_enable_compilation_cache", False)
        return import_module("mbi")
    except ImportError:
        raise ToolError("synthetic tables need the extra 'synth': pip install 'fedlore[synth]'") from None


def refined(shape: tuple[int, ...], measurements: Sequence[Measurement], start: Model) -> Model:
    """The model fitted to all measurements by mbi, beginning at the potentials of ``start``."""
    mbi = load_mbi()
    kept = merged(measurements)
    domain = mbi.Domain(range(len(shape)), shape)
    given = [mbi.LinearMeasurement(one.noised, one.clique, one.deviation) for one in kept]
    cliques = [tuple(clique) for clique in start.potentials]
    factors = {clique: mbi.Factor(domain.project(clique), _cube(shape, clique, start)) for clique in cliques}
    warm = mbi.CliqueVector(domain, cliques, factors)
    found = mbi.estimation.MirrorDescent().estimate(
        domain, given, known_total=start.total, iters=_STEPS, warm_start=warm, tol=1e-7
    )
    potentials = {
        tuple(clique): np.asarray(found.potentials[clique].datavector(), dtype=np.float64)
        for clique in found.potentials.cliques
    }
    return calibrated(buckets_of(shape, list(potentials)), potentials, start.total)


def _cube(shape: tuple[int, ...], clique: tuple[int, ...], model: Model) -> Floats:
    return model.potentials[clique].reshape([shape[column] for column in clique])
