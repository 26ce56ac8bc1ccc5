"""Learn from one another's software development without showing code, history or people."""

from __future__ import annotations

__version__ = "0.1.0"
