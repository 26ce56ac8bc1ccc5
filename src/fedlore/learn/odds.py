"""Odds ratios from four noised cells by profile likelihood, for many tables at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr

from fedlore.learn.intervals import Estimates, quantile
from fedlore.learn.sums import Floats

SIGNS = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]], dtype=np.float64)
"""Columns are the cells (yes yes, yes no, no yes, no no); rows what n, X, Y and S add to each of them."""

LIMIT = float(np.log(1e4))
"""A log odds ratio beyond this is said to be unbounded."""

_NUISANCE = SIGNS[:3].T
_PRODUCTS = (_NUISANCE[:, :, None] * _NUISANCE[:, None, :]).reshape(4, 9)
_FLOOR = 1e-6
_LEAST_VARIANCE = 0.25
_LEAST_RIDGE = 1e-9
_SCORING_STEPS = 14
_ROOT_STEPS = 14
_TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class OddsRatios:
    """Log odds ratios and the bounds of their 95 % intervals, infinite where the cells do not pin one down."""

    estimate: Floats
    low: Floats
    high: Floats

    def ratios(self) -> Estimates:
        """The same as odds ratios; an unbounded lower bound is minus infinity, as an upper one is infinity."""
        low = np.where(np.isfinite(self.low), np.exp(self.low), -np.inf)
        return Estimates(np.exp(self.estimate), low, np.exp(self.high))


def log_odds_ratios(cells: Floats, noise_sd: float, excess_kurtosis: float = 0.0) -> OddsRatios:
    """Profile likelihood for cells z ~ N(lambda, lambda + noise_sd^2); ``cells`` has shape ``(tables, 4)``.

    The three nuisance parameters are maximised; the interval holds every log odds ratio whose likelihood-ratio
    statistic stays below the 95 % quantile (Venzon and Moolgavkar 1988, Applied Statistics 37, for the method).
    """
    noise_variance = max(noise_sd**2, _LEAST_VARIANCE)
    fitted = _saturated(cells, noise_variance)
    best = _log_likelihood(cells, fitted, noise_variance).sum(axis=1)
    centre = np.clip(np.log(fitted) @ SIGNS[3], -LIMIT, LIMIT)
    tables = _Tables(np.tile(cells, (2, 1)), np.tile(fitted, (2, 1)), np.tile(best, 2), noise_variance)
    edge = np.repeat([-LIMIT, LIMIT], len(cells))
    square = float(quantile(excess_kurtosis / 4)) ** 2
    low, high = np.split(_crossing(tables, np.tile(centre, 2), edge, square), 2)
    estimate = np.where(np.abs(centre) < LIMIT, centre, _shrunk(cells, noise_variance) @ SIGNS[3])
    return OddsRatios(np.clip(estimate, low, high), low, high)


@dataclass(frozen=True, slots=True)
class _Tables:
    cells: Floats
    fitted: Floats
    best: Floats
    noise_variance: float

    def statistic(self, log_odds: Floats) -> Floats:
        """Twice the log-likelihood that each table loses if its log odds ratio is this one."""
        profile = _profile(self.cells, self.fitted, self.noise_variance, log_odds)
        statistic: Floats = 2 * np.maximum(self.best - profile, 0.0)
        return statistic


def _saturated(cells: Floats, noise_variance: float) -> Floats:
    """The likeliest lambda of each cell by itself: the root of a quadratic in cell - lambda, at least a floor."""
    total = np.maximum(cells + noise_variance, 0.0)
    shift = ((1 + 2 * total) - np.sqrt(1 + 4 * total**2)) / 2
    likeliest: Floats = np.maximum(cells - shift, _FLOOR)
    return likeliest


def _log_likelihood(cells: Floats, fitted: Floats, noise_variance: float) -> Floats:
    variance = fitted + noise_variance
    likelihood: Floats = -0.5 * (np.log(variance) + (cells - fitted) ** 2 / variance)
    return likelihood


def _profile(cells: Floats, fitted: Floats, noise_variance: float, log_odds: Floats) -> Floats:
    """The largest log-likelihood at each log odds ratio.

    There may be a maximum for each cell that can give way, so scoring starts once from each of them and once from all.
    """
    logs = np.log(np.maximum(fitted, 0.05))
    gap = log_odds - logs @ SIGNS[3]
    ways = np.vstack([np.eye(4), np.full((1, 4), 0.25)]) * SIGNS[3]
    starts = logs[:, None, :] + gap[:, None, None] * ways
    tables = len(cells)
    start = starts.reshape(-1, 4) @ _NUISANCE / 4
    wide = np.repeat(cells, len(ways), axis=0)
    fixed = np.repeat(log_odds, len(ways))[:, None] * SIGNS[3] / 4
    reached = _score_upwards(wide, noise_variance, start, fixed)
    highest: Floats = reached.reshape(tables, len(ways)).max(axis=1)
    return highest


def _score_upwards(cells: Floats, noise_variance: float, start: Floats, fixed: Floats) -> Floats:
    """Damped Fisher scoring over the three nuisance parameters; a step that loses likelihood is not taken."""
    place = start
    damping = np.full(len(cells), 1e-3)
    value = _at(cells, noise_variance, place, fixed)
    for _ in range(_SCORING_STEPS):
        fitted = _means(place, fixed)
        variance = fitted + noise_variance
        rest = cells - fitted
        slope = fitted * ((rest - 0.5) / variance + rest**2 / (2 * variance**2))
        weight = fitted**2 * (1 / variance + 0.5 / variance**2)
        information = (weight @ _PRODUCTS).reshape(-1, 3, 3)
        ridge = damping * weight.sum(axis=1) + _LEAST_RIDGE
        damped = information + ridge[:, None, None] * np.eye(3)
        step = np.linalg.solve(damped, (slope @ _NUISANCE)[:, :, None])[:, :, 0]
        trial = place + np.clip(step, -2.0, 2.0)
        reached = _at(cells, noise_variance, trial, fixed)
        better = reached > value
        place = np.where(better[:, None], trial, place)
        value = np.where(better, reached, value)
        damping = np.where(better, np.maximum(damping / 4, 1e-8), damping * 8)
    return value


def _means(place: Floats, fixed: Floats) -> Floats:
    means: Floats = np.exp(np.clip(place @ _NUISANCE.T + fixed, -30.0, 30.0))
    return means


def _at(cells: Floats, noise_variance: float, place: Floats, fixed: Floats) -> Floats:
    total: Floats = _log_likelihood(cells, _means(place, fixed), noise_variance).sum(axis=1)
    return total


def _shrunk(cells: Floats, noise_variance: float) -> Floats:
    """Logs of the cells' means under a normal around each, cut at zero: finite where the likeliest cell is zero."""
    sd = np.sqrt(noise_variance + np.maximum(cells, 0.0))
    # Further below zero the hazard is lost to rounding, and the mean is next to zero anyway.
    at = np.maximum(cells / sd, -30.0)
    hazard = np.exp(-0.5 * at**2 - log_ndtr(at)) / np.sqrt(2 * np.pi)
    return np.asarray(np.log(sd * (at + hazard)), dtype=np.float64)


def _crossing(tables: _Tables, inside: Floats, edge: Floats, square: float) -> Floats:
    """Where each statistic reaches ``square`` between ``inside`` and ``edge``; infinite if it does not by the edge.

    The statistic's root is nearly straight, so false position finds it in a few steps (with the Illinois rule).
    """
    wanted = np.sqrt(square)
    near, far = inside, edge
    near_value = np.sqrt(tables.statistic(near)) - wanted
    far_value = np.sqrt(tables.statistic(far)) - wanted
    bounded = (far_value > 0) & (near_value < 0)
    middle, was_beyond = inside, np.zeros(len(inside), dtype=np.bool_)
    for step in range(_ROOT_STEPS):
        fraction = near_value / np.where(bounded, near_value - far_value, 1.0)
        middle = np.where(bounded, near + fraction * (far - near), inside)
        value = np.sqrt(tables.statistic(middle)) - wanted
        if not np.any(bounded & (np.abs(value) > _TOLERANCE)):
            break
        beyond = value > 0
        again = (beyond == was_beyond) & (step > 0)
        near_value = np.where(beyond, np.where(again, near_value / 2, near_value), value)
        far_value = np.where(beyond, value, np.where(again, far_value / 2, far_value))
        near, far = np.where(beyond, near, middle), np.where(beyond, middle, far)
        was_beyond = beyond
    return np.where(bounded, middle, np.sign(edge) * np.inf)
