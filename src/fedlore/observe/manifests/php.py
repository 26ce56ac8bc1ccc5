"""Manifests of PHP: composer.json."""

from __future__ import annotations

from collections.abc import Iterator

from fedlore.observe.manifests.package import Declared, constraint_of
from fedlore.observe.manifests.tables import read_json, table


def composer_json(data: bytes) -> Iterator[Declared]:
    """The required packages; the platform (PHP and its extensions, names without a vendor) is none."""
    document = read_json(data)
    for key in ("require", "require-dev"):
        for name, given in table(document.get(key)).items():
            if "/" in name:
                yield Declared("composer", name, constraint_of(given))
