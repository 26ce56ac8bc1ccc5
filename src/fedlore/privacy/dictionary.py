"""Noise the design's dictionary of patterns once, with a sensitivity derived from its shape.

Neighbouring relation: one record is another one; the keys and the number of values are the same for both, and so known.
A record falls under one key of each ``counts`` (changing it moves two of them by 1), is one of the ``values`` (bounded
by ``bounds``), and moves every plain whole number by at most 1. The L1 sensitivity is the sum of these, so one draw of
discrete Laplace noise with b = L1 / epsilon on every number is epsilon-differentially private as a whole (Dwork et al.,
TCC 2006; Ghosh et al., STOC 2009 for the discrete form).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fedlore.catalogue.errors import FedloreError
from fedlore.privacy.calibration import Calibration, calibrated
from fedlore.privacy.ledger import DELTA_UNIT, epsilon_micro
from fedlore.privacy.mechanisms import LaplaceMechanism

GRID = 1024


class ShapeError(FedloreError):
    """A dictionary whose sensitivity cannot be derived."""


def derived_sensitivity(patterns: Mapping[str, Any]) -> int:
    """The L1 sensitivity of the dictionary to one record, in whole units (values count in their own bounds' widths)."""
    return sum(_units(name, pattern) for name, pattern in patterns.items())


def price(patterns: Mapping[str, Any], epsilon: float) -> Calibration:
    """The price of noising the dictionary; ``delta_spent_e15`` pays for the distance from exact noise."""
    numbers = sum(_numbers(pattern) for pattern in patterns.values())
    moved = float(derived_sensitivity(patterns))
    return calibrated("discrete laplace", epsilon_micro(epsilon), DELTA_UNIT - 1, moved, moved, 1, max(1, numbers))


def _numbers(pattern: Any) -> int:
    if isinstance(pattern, int):
        return 1
    return len(pattern.get("counts", pattern.get("values", pattern)))


def noise_dictionary(patterns: Mapping[str, Any], epsilon: float, randomness: Callable[[int], bytes]) -> dict[str, Any]:
    """A new dictionary of the same shape with noised numbers, counts not below 0 and values within their bounds."""
    sensitivity = derived_sensitivity(patterns)
    if sensitivity == 0:
        raise ShapeError("there is no number to noise")
    mechanism = LaplaceMechanism(epsilon, sensitivity, randomness=randomness)
    fine = LaplaceMechanism(epsilon, sensitivity * GRID, randomness=randomness)
    return {name: _noised(pattern, mechanism, fine) for name, pattern in patterns.items()}


def _units(name: str, pattern: Any) -> int:
    match pattern:
        case bool():
            raise ShapeError(f"{name}: a truth value cannot be noised; give counts")
        case int():
            return 1
        case {"counts": Mapping() as counts} if len(pattern) == 1 and all(type(v) is int for v in counts.values()):
            return 2
        case {"values": list() as values, "bounds": [low, high]} if len(pattern) == 2 and low < high:
            if not all(isinstance(value, int | float) and np.isfinite(value) for value in values):
                raise ShapeError(f"{name}: a value is not a finite number")
            return 1
        case Mapping() if pattern and all(type(value) is int for value in pattern.values()):
            return len(pattern)
    raise ShapeError(
        f"{name}: no sensitivity can be derived; give whole numbers, {{'counts': {{key: whole number}}}} or "
        "{'values': [...], 'bounds': [low, high]}, and nothing beside them"
    )


def _noised(pattern: Any, mechanism: LaplaceMechanism, fine: LaplaceMechanism) -> Any:
    if isinstance(pattern, int):
        return int(mechanism.add_noise(pattern))
    if "counts" in pattern:
        return {"counts": _noised_table(pattern["counts"], mechanism)}
    if "values" in pattern:
        low, high = pattern["bounds"]
        points = [round(GRID * (min(max(v, low), high) - low) / (high - low)) for v in pattern["values"]]
        noised = np.clip(fine.add_noise(np.array(points, dtype=np.int64)), 0, GRID)
        return {"values": [low + (high - low) * int(point) / GRID for point in noised], "bounds": [low, high]}
    return _noised_table(pattern, mechanism)


def _noised_table(table: Mapping[str, int], mechanism: LaplaceMechanism) -> dict[str, int]:
    noised = mechanism.add_noise(np.array(list(table.values()), dtype=np.int64))
    return {key: max(0, int(value)) for key, value in zip(table, noised, strict=True)}
