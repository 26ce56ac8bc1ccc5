"""The model that explains noised marginals best: entropic mirror descent (McKenna et al., ICML 2019, Algorithm 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fedlore.privacy.synthetic.measuring import Measurement
from fedlore.privacy.synthetic.model import Model, buckets_of, calibrated
from fedlore.privacy.synthetic.table import Clique, Floats, cells_of

_CLOSE = 1e-5
"""Steps end when ten of them together lower the loss by no more than this part of it."""


def merged(measurements: Sequence[Measurement]) -> list[Measurement]:
    """Repeated measurements of one clique as the one with inverse-variance weights that says as much."""
    by_clique: dict[Clique, list[Measurement]] = {}
    for measurement in measurements:
        by_clique.setdefault(measurement.clique, []).append(measurement)
    return [_mean(clique, repeated) for clique, repeated in by_clique.items()]


def estimated_total(measurements: Sequence[Measurement]) -> float:
    """The number of rows, from every marginal's own noisy sum, by least variance; at least one."""
    weights = [1 / (one.deviation**2 * one.noised.size) for one in measurements]
    sums = [float(one.noised.sum()) for one in measurements]
    return max(1.0, float(np.average(sums, weights=weights)))


def fitted(shape: tuple[int, ...], measurements: Sequence[Measurement], start: Model | None, steps: int) -> Model:
    """The model nearest to the measurements in weighted squares, after at most ``steps`` steps from ``start``."""
    kept = merged(measurements)
    buckets = buckets_of(shape, [one.clique for one in kept])
    known = {} if start is None else start.potentials
    potentials = {one.clique: known.get(one.clique, np.zeros(one.noised.size)) for one in kept}
    total = estimated_total(measurements)
    model = calibrated(buckets, potentials, total)
    loss, slope = _loss(model, kept)
    stride = 2 / (total * _curvature(shape, kept))
    recent = loss
    for step in range(1, steps + 1):
        moved = calibrated(buckets, {c: model.potentials[c] - stride * slope[c] for c in slope}, total)
        reached, next_slope = _loss(moved, kept)
        gained = sum(float(slope[c] @ (model.marginal(c) - moved.marginal(c))) for c in slope)
        if loss - reached >= 0.5 * gained:
            model, loss, slope, stride = moved, reached, next_slope, 1.3 * stride
        else:
            stride /= 2
        if step % 10 == 0:
            if recent - loss <= _CLOSE * loss:
                break
            recent = loss
    return model


def _mean(clique: Clique, repeated: Sequence[Measurement]) -> Measurement:
    weights = np.array([1 / one.deviation**2 for one in repeated])
    values: Floats = np.average([one.noised for one in repeated], axis=0, weights=weights)
    return Measurement(clique, values, float(weights.sum() ** -0.5))


def _loss(model: Model, measurements: Sequence[Measurement]) -> tuple[float, Mapping[Clique, Floats]]:
    """Half the weighted sum of squares, and its slope in each measured marginal."""
    loss, slope = 0.0, {}
    for one in measurements:
        off = model.marginal(one.clique) - one.noised
        loss += 0.5 * float(off @ off) / one.deviation**2
        slope[one.clique] = off / one.deviation**2
    return loss, slope


def _curvature(shape: tuple[int, ...], measurements: Sequence[Measurement]) -> float:
    return max(cells_of(shape, one.clique) / one.noised.size / one.deviation**2 for one in measurements)
