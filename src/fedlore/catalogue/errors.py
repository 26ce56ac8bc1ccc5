"""The one root of all errors that this package raises on purpose.

Each is a clear sentence for whoever asked; anything else that is raised is a defect.
"""

from __future__ import annotations


class FedloreError(ValueError):
    """A request that is refused, an input that is wrong, or a round that cannot go on."""


class ToolError(FedloreError):
    """A program that is needed (git, scc, the parser) is missing or fails; it says nothing about a repository."""
