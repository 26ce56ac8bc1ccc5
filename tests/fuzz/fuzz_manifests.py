"""Fuzz every reader of manifests: whatever the bytes, there are package URLs or a warning, and never an error."""

from __future__ import annotations

import atheris

from tests.fuzz.harness import choose, fuzz, seed

with atheris.instrument_imports(include=["fedlore", "tomllib", "json", "packageurl"]):
    from fedlore.observe.manifests.constraints import names_one_version
    from fedlore.observe.manifests.kinds import manifest_kind
    from fedlore.observe.manifests.reading import MANIFEST_KINDS, MOST_PACKAGES, read_manifest

from tests.observe.manifest_examples import MANIFESTS


def check(data: bytes) -> None:
    """Read the bytes as the manifest that the first of them names; raises if the answer is none."""
    kind, text = choose(MANIFEST_KINDS, data)
    packages, warning = read_manifest(kind, text)
    if packages and warning.startswith("a broken"):
        raise ValueError("packages of a manifest that was not read")
    if len(packages) > MOST_PACKAGES or list(packages) != sorted(set(packages)):
        raise ValueError("packages are few, in order and distinct")
    for package, constraint in packages:
        if not package.startswith("pkg:") or not package.isascii() or not package.isprintable():
            raise ValueError(f"no package URL: {package!r}")
        if not constraint.isascii() or len(constraint) > 200 or not (constraint.isprintable() or constraint == ""):
            raise ValueError(f"no constraint: {constraint!r}")
        names_one_version(package, constraint)
    manifest_kind(text)


if __name__ == "__main__":
    fuzz(check, [seed(MANIFEST_KINDS, manifest_kind(path.encode()), data) for path, data, _ in MANIFESTS])
