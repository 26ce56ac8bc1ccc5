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

_FLOOR = 1e-6
_LEAST_SLOT_VARIANCE = 1.0
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


def log_odds_ratios(cells: Floats, noise_sd: Floats | float, excess_kurtosis: float = 0.0) -> OddsRatios:
    """Profile likelihood for cells z ~ N(lambda, diag(lambda) + C); ``cells`` has shape ``(tables, 4)``.

    C is the covariance that the noise of n, X, Y and S gives to their four combinations; ``noise_sd`` holds the
    deviations of these four, shape ``(tables, 4)``, or is that of all. The three nuisance parameters are maximised; the
    interval holds every log odds ratio whose likelihood-ratio statistic stays below the 95 % quantile (Venzon and
    Moolgavkar 1988, Applied Statistics 37, for the method).
    """
    slots = np.maximum(np.broadcast_to(noise_sd, cells.shape).T ** 2, _LEAST_SLOT_VARIANCE)
    noise = np.einsum("kc,kt,kd->cdt", SIGNS, slots, SIGNS) / 16
    marginal = slots.sum(axis=0) / 16
    tables = _Tables.fitted_to(cells.T, noise, marginal)
    centre = np.clip(SIGNS[3] @ np.log(tables.fitted), -LIMIT, LIMIT)
    edge = np.repeat([-LIMIT, LIMIT], len(cells))
    # Of a sum of four independent variables the fourth cumulants add up.
    square = quantile(excess_kurtosis * (slots**2).sum(axis=0) / slots.sum(axis=0) ** 2) ** 2
    low, high = np.split(_crossing(tables.twice(), np.tile(centre, 2), edge, np.tile(square, 2)), 2)
    estimate = np.where(np.abs(centre) < LIMIT, centre, SIGNS[3] @ _shrunk(cells.T, marginal))
    return OddsRatios(np.clip(estimate, low, high), low, high)


@dataclass(frozen=True, slots=True)
class _Tables:
    """Cells and their likeliest means, shape ``(4, tables)``, their noise's covariance, ``(4, 4, tables)``."""

    cells: Floats
    noise: Floats
    fitted: Floats
    best: Floats

    @staticmethod
    def fitted_to(cells: Floats, noise: Floats, marginal: Floats) -> _Tables:
        """Each mean by itself is a good start, and the answer where the noise of the four is independent."""
        model = _Model(cells, noise, np.eye(4), np.zeros_like(cells))
        alone = np.log(_alone(cells, marginal))
        best, logs = model.climb(alone)
        return _Tables(cells, noise, np.maximum(np.exp(logs), _FLOOR), best)

    def twice(self) -> _Tables:
        """Every table twice: once for its lower bound, once for its upper one."""
        return _Tables(
            *(np.concatenate([one, one], axis=-1) for one in (self.cells, self.noise, self.fitted, self.best))
        )

    def statistic(self, log_odds: Floats) -> Floats:
        """Twice the log-likelihood that each table loses if its log odds ratio is this one."""
        statistic: Floats = 2 * np.maximum(self.best - self._profile(log_odds), 0.0)
        return statistic

    def _profile(self, log_odds: Floats) -> Floats:
        """The largest log-likelihood at each log odds ratio.

        There may be a maximum for each cell that can give way, so scoring starts once from each and once from all.
        """
        logs = np.log(np.maximum(self.fitted, 0.05))
        gap = log_odds - SIGNS[3] @ logs
        ways = np.vstack([np.eye(4), np.full((1, 4), 0.25)]) * SIGNS[3]
        starts = np.concatenate([logs + way[:, None] * gap for way in ways], axis=1)
        fixed = np.tile(SIGNS[3][:, None] * log_odds / 4, len(ways))
        model = _Model(np.tile(self.cells, len(ways)), np.tile(self.noise, len(ways)), SIGNS[:3].T, fixed)
        reached, _ = model.climb(SIGNS[:3] @ starts / 4)
        highest: Floats = reached.reshape(len(ways), -1).max(axis=0)
        return highest


def _alone(cells: Floats, variance: Floats) -> Floats:
    """The likeliest lambda of each cell by itself: the root of a quadratic in cell - lambda, at least a floor."""
    total = np.maximum(cells + variance, 0.0)
    shift = ((1 + 2 * total) - np.sqrt(1 + 4 * total**2)) / 2
    likeliest: Floats = np.maximum(cells - shift, _FLOOR)
    return likeliest


@dataclass(frozen=True, slots=True)
class _Point:
    """The log-likelihood of each table at a place, its slope and its expected information there."""

    value: Floats
    slope: Floats
    information: Floats


@dataclass(frozen=True, slots=True)
class _Model:
    """Logarithms of the four means as ``basis @ place + fixed``; ``basis`` has shape ``(4, parameters)``."""

    cells: Floats
    noise: Floats
    basis: Floats
    fixed: Floats

    def climb(self, place: Floats) -> tuple[Floats, Floats]:
        """Damped Fisher scoring; a step that loses likelihood is not taken. Log-likelihoods and places reached."""
        damping = np.full(place.shape[1], 1e-3)
        here = self._at(place)
        for _ in range(_SCORING_STEPS):
            damped = here.information.copy()
            ridge = damping * np.einsum("iit->t", here.information) + _LEAST_RIDGE
            for index in range(len(place)):
                damped[index, index] += ridge
            inverse, _ = _inverse(damped)
            trial = place + np.clip((inverse * here.slope).sum(axis=1), -2.0, 2.0)
            there = self._at(trial)
            better = there.value > here.value
            place = np.where(better, trial, place)
            here = _Point(
                np.where(better, there.value, here.value),
                np.where(better, there.slope, here.slope),
                np.where(better, there.information, here.information),
            )
            damping = np.where(better, np.maximum(damping / 4, 1e-8), damping * 8)
        return here.value, place

    def _at(self, place: Floats) -> _Point:
        """Slope and information of a normal whose covariance moves with its mean (Kay 1993, sections 3.9 and 3C)."""
        means = np.exp(np.clip(self.basis @ place + self.fixed, -30.0, 30.0))
        covariance = self.noise.copy()
        for cell in range(4):
            covariance[cell, cell] += means[cell]
        precision, log_determinant = _inverse(covariance)
        rest = self.cells - means
        pull = (precision * rest).sum(axis=1)
        value = -0.5 * (log_determinant + (rest * pull).sum(axis=0))
        slope = means * (pull + 0.5 * (pull**2 - np.einsum("iit->it", precision)))
        weight = means[:, None] * means * (precision + 0.5 * precision**2)
        information = np.einsum("ia,ijt,jb->abt", self.basis, weight, self.basis, optimize=True)
        return _Point(value, self.basis.T @ slope, information)


def _inverse(matrices: Floats) -> tuple[Floats, Floats]:
    """Inverses and log-determinants of symmetric positive matrices, shape ``(k, k, many)``, by the sweep operator.

    Goodnight 1979, The American Statistician 33; for so small ones, and many, faster than a call for each.
    """
    swept = matrices.copy()
    log_determinant = np.zeros(matrices.shape[2])
    for index in range(len(swept)):
        column = swept[:, index].copy()
        pivot = column[index]
        log_determinant += np.log(pivot)
        scaled = column / pivot
        swept -= column[:, None] * scaled
        swept[:, index] = swept[index] = scaled
        swept[index, index] = -1 / pivot
    return -swept, log_determinant


def _shrunk(cells: Floats, variance: Floats) -> Floats:
    """Logs of the cells' means under a normal around each, cut at zero: finite where the likeliest cell is zero."""
    sd = np.sqrt(variance + np.maximum(cells, 0.0))
    # Further below zero the hazard is lost to rounding, and the mean is next to zero anyway.
    at = np.maximum(cells / sd, -30.0)
    hazard = np.exp(-0.5 * at**2 - log_ndtr(at)) / np.sqrt(2 * np.pi)
    return np.asarray(np.log(sd * (at + hazard)), dtype=np.float64)


def _crossing(tables: _Tables, inside: Floats, edge: Floats, square: Floats) -> Floats:
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
