"""A constraint is pinned if it names one version alone, by the rules of its ecosystem."""

from __future__ import annotations

import pytest

from fedlore.observe.manifests.constraints import is_pinned, names_one_version

SHA = "0123456789" * 4

PINNED = [
    ("pypi", "==2.1.0", "==2.*"),
    ("pypi", "===1.0rc1", ">=1,<2"),
    ("pypi", "1.2.3", "^1.2.3"),
    ("npm", "1.2.3", "1.2"),
    ("npm", "1.2.3-beta.1", "1.2.x"),
    ("cargo", "=1.2.3", "1.2.3"),
    ("golang", "v1.2.3", ""),
    ("maven", "1.2.3", "[1.2,2.0)"),
    ("maven", "[1.2.3]", "1.+"),
    ("nuget", "[1.2.3]", "1.*"),
    ("gem", "7.0.1", "~> 7.0"),
    ("gem", "= 7", ">= 7, < 8"),
    ("composer", "v1.2.3", "1.2.*"),
    ("conda", "==1.2", "=1.2"),
    ("docker", f"@sha256:{SHA[:32]}{SHA[:32]}", "3.11-slim"),
    ("githubactions", SHA, "v4"),
]


@pytest.mark.parametrize(("ecosystem", "exact", "open_"), PINNED)
def test_exact_and_open_constraints(ecosystem: str, exact: str, open_: str) -> None:
    assert names_one_version(f"pkg:{ecosystem}/a", exact)
    assert not names_one_version(f"pkg:{ecosystem}/a", open_)


def test_unknown_ecosystems_are_never_pinned() -> None:
    assert not names_one_version("pkg:generic/a", "1.2.3")


def test_every_manifest_that_constrains_must_pin() -> None:
    assert is_pinned("pkg:pypi/a", ["==1", ""])
    assert not is_pinned("pkg:pypi/a", ["==1", ">=1"])
    assert not is_pinned("pkg:pypi/a", [""])
    assert not is_pinned("pkg:pypi/a", [])
