"""Learn from one another's software development without showing code, history or people."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fedlore.engine import FederatedLearningEngine as FederatedLearningEngine
    from fedlore.learn.aggregator import PatternAggregator as PatternAggregator
    from fedlore.privacy.mechanisms import GaussianMechanism as GaussianMechanism
    from fedlore.privacy.mechanisms import LaplaceMechanism as LaplaceMechanism
    from fedlore.tracker import PrivacyBudgetTracker as PrivacyBudgetTracker

__version__ = "0.1.0"

_HOMES = {
    "FederatedLearningEngine": "fedlore.engine",
    "PatternAggregator": "fedlore.learn.aggregator",
    "PrivacyBudgetTracker": "fedlore.tracker",
    "LaplaceMechanism": "fedlore.privacy.mechanisms",
    "GaussianMechanism": "fedlore.privacy.mechanisms",
}
__all__ = [
    "FederatedLearningEngine",
    "GaussianMechanism",
    "LaplaceMechanism",
    "PatternAggregator",
    "PrivacyBudgetTracker",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562), so that importing the package stays instant."""
    if name not in _HOMES:
        raise AttributeError(f"module 'fedlore' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
