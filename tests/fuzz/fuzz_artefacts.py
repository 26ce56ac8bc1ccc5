"""Fuzz every reader of artefacts: whatever the bytes, there is a table of the documented shape, and never an error."""

from __future__ import annotations

import atheris

from tests.fuzz.harness import choose, fuzz, seed

with atheris.instrument_imports(include=["fedlore", "yaml"]):
    from fedlore.observe.artefacts.kinds import artefact_kind
    from fedlore.observe.artefacts.placing import is_placed
    from tests.observe.artefact_shapes import SEEDS, check_artefact, check_key


def check(data: bytes) -> None:
    """Read the bytes as the artefact that the first of them names; raises if the answer is of another shape."""
    kind, text = choose(SEEDS, data)
    check_artefact(kind, text)
    check_key(text[:200].decode(errors="replace"))
    is_placed(text[:200], artefact_kind(text[:200]))


if __name__ == "__main__":
    fuzz(check, [seed(SEEDS, kind, data) for kind, some in SEEDS.items() for data in some])
