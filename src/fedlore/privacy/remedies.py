"""What would help where a round says too little: another epsilon or cohort, or a smaller plan, found by bisection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.plan import MOST_EPSILON_MICRO
from fedlore.privacy.bisection import largest
from fedlore.privacy.questions import MECHANISMS, Questions, Request, useful

_MOST_PROJECTS = 10**6
_CENT = 10**4  # of epsilon, in millionths


@dataclass(frozen=True, slots=True)
class Remedy:
    """The least epsilon, or the fewest projects, that would do, all else alike; the most pairs that would do as it is.

    None or 0 where nothing does.
    """

    epsilon: float | None
    projects: int | None
    pairs: int = 0

    @property
    def words(self) -> str:
        epsilon = "no epsilon would do" if self.epsilon is None else f"epsilon {self.epsilon:g} would do"
        projects = "no cohort would do" if self.projects is None else f"{self.projects} projects would do"
        return f"{epsilon} and {projects}"


def for_one_question(request: Request, wanted: Questions, catalogue: Catalogue) -> Remedy:
    """What would let the first question be asked, which no smaller plan does."""
    return _remedy(request, wanted.first(), catalogue)


def for_one_pair(request: Request, wanted: Questions, kept: Questions, catalogue: Catalogue) -> Remedy:
    """What would let one pair be asked beside all that is kept, or how many pairs would do without the rest."""
    beside = replace(kept, shares=tuple(dict.fromkeys([*kept.shares, *wanted.pairs[0]])), pairs=wanted.pairs[:1])

    def alone(count: int) -> bool:
        pairs = wanted.pairs[:count]
        shares = tuple(dict.fromkeys(name for pair in pairs for name in pair))
        return _fits(request, Questions(shares=shares, pairs=pairs), catalogue)

    return replace(_remedy(request, beside, catalogue), pairs=largest(len(wanted.pairs), alone))


def _remedy(request: Request, questions: Questions, catalogue: Catalogue) -> Remedy:
    cents = _least(
        MOST_EPSILON_MICRO // _CENT,
        lambda count: _fits(replace(request, epsilon_micro=count * _CENT), questions, catalogue),
    )
    projects = _least(_MOST_PROJECTS, lambda count: _fits(replace(request, projects=count), questions, catalogue))
    return Remedy(None if cents is None else cents / 100, projects)


def _fits(request: Request, questions: Questions, catalogue: Catalogue) -> bool:
    return any(useful(request, questions, catalogue, mechanism) for mechanism in MECHANISMS)


def _least(most: int, fits: Callable[[int], bool]) -> int | None:
    """The least count from 1 to ``most`` that fits, where fitting is never lost again; None if none does."""
    return most - largest(most - 1, lambda fewer: fits(most - fewer)) if fits(most) else None
