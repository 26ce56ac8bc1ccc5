"""Manifests declare packages; only those of the public dictionary become features, and hostile ones declare none."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedlore.observe.manifests.kinds import manifest_kind
from fedlore.observe.manifests.package import package_url
from fedlore.observe.manifests.reading import MANIFEST_KINDS, declared_packages, read_manifest
from fedlore.observe.project import observe_project
from tests.observe.making import AS_OF, make_repository
from tests.observe.manifest_examples import MANIFESTS


@pytest.mark.parametrize(("path", "data", "expected"), MANIFESTS, ids=[path for path, _, _ in MANIFESTS])
def test_what_a_manifest_declares(path: str, data: bytes, expected: dict[str, str]) -> None:
    packages, warning = read_manifest(manifest_kind(path.encode()), data)
    assert dict(packages) == expected
    assert packages == tuple(sorted(set(packages)))
    assert warning == ""


def test_every_kind_of_manifest_has_an_example() -> None:
    assert {manifest_kind(path.encode()) for path, _, _ in MANIFESTS} == MANIFEST_KINDS


def test_one_package_may_have_several_constraints() -> None:
    data = b"a<2 ; python_version<'3'\na>=2 ; python_version>='3'\na>=2\n"
    assert declared_packages("requirements.txt", data) == (("pkg:pypi/a", "<2"), ("pkg:pypi/a", ">=2"))


@pytest.mark.parametrize(
    "path",
    [
        *(b"a.txt", b"my-package.json", b"cargo.lock", b"requirements.md", b"dockerfiles/x", b"", b"proj"),
        *(b"node_modules/a/package.json", b"vendor/x/go.mod", b"tests/fixtures/package.json", b"x/testdata/go.mod"),
        *(b"docs/.github/workflows/ci.yml", b"docs/environments.yml", b"decompose.yml"),
    ],
)
def test_other_files_are_no_manifests(path: bytes) -> None:
    assert manifest_kind(path) == ""


HOSTILE = {
    "pom.xml": b"<!DOCTYPE p [<!ENTITY a 'junit'>]>"
    b"<p><dependency><groupId>&a;</groupId><artifactId>&a;</artifactId></dependency></p>",
    "package.json": b'{"dependencies":' * 15_000,
    "composer.json": b"{",
    "pyproject.toml": b"[project]\ndependencies = ['numpy']\n[project]\n",
    "cargo.toml": b"\xff\xfe[dependencies]",
    "setup.py": b"def setup(:",
    "msbuild": b"<Project>" * 200,
    "libs.versions.toml": b"a." * 10_000 + b"a = 1",
}
STRANGE = {
    "composer.json": b'{"require": ["laravel/framework"]}',
    "package.json": b'[{"dependencies": {"react": "1"}}]',
    "pipfile": b"packages = 3",
    "cargo.toml": b"dependencies = ['a']\ntarget = 'x'\n[workspace]\ndependencies = false\n",
    "libs.versions.toml": b"versions = 1\n[libraries]\na = 3\nb = {module = 'x'}\nc = {module = 'g:', version = [1]}\n",
    "setup.cfg": b"[options\ninstall_requires = attrs",
    "setup.py": b"x = y\ny = x\nsetup(install_requires=x)\nsetup(install_requires=f())\n",
}


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_broken_and_hostile_manifests_declare_nothing_and_say_so(kind: str) -> None:
    assert read_manifest(kind, HOSTILE[kind]) == ((), f"a broken manifest ({kind}) was not read")


@pytest.mark.parametrize("kind", sorted(STRANGE))
def test_strange_shapes_declare_nothing(kind: str) -> None:
    assert read_manifest(kind, STRANGE[kind]) == ((), "")


def test_outside_entities_are_not_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("junit")
    pom = f"<!DOCTYPE p [<!ENTITY a SYSTEM 'file://{secret}'>]><p><dependency><groupId>&a;</groupId></dependency></p>"
    assert declared_packages("pom.xml", pom.encode()) == ()


def test_manifests_above_the_limits_are_cut_and_said() -> None:
    assert read_manifest("requirements.txt", b"flask\n" * 50_001) == (
        (),
        "a manifest of more than 300000 bytes was not read",
    )
    packages, warning = read_manifest("requirements.txt", b"".join(b"a%d\n" % number for number in range(6_000)))
    assert len(packages) == 5_000
    assert warning == "only 5000 packages of a manifest were read"


def test_unknown_packages_reach_no_feature(tmp_path: Path) -> None:
    """Which private names a project declares changes none of its features: they are counted, and that is all."""
    named = {
        "requirements.txt": b"acme-secret-billing\nother-name\n",
        "package.json": b'{"dependencies": {"@acme/x": "1"}}',
    }
    plain = {
        "requirements.txt": b"another\nsomething-else\n",
        "package.json": b'{"dependencies": {"@other/x": "1"}}',
    }
    first, second = (
        observe_project(make_repository(tmp_path / name, content), as_of=AS_OF)
        for name, content in (("named", named), ("plain", plain))
    )
    assert first.features == second.features
    assert first.features is not None and first.features["technology.other_share"] == 1
    assert "acme" not in repr(first).replace(str(tmp_path), "")


def test_known_packages_do(tmp_path: Path) -> None:
    content = {"requirements-dev.txt": b"PyTest==8\n", "web/package.json": b'{"dependencies": {"react": "18"}}'}
    features = observe_project(make_repository(tmp_path / "r", content), as_of=AS_OF).features
    assert features is not None
    assert features["technology.pytest"] is True
    assert features["technology.react"] is True


@pytest.mark.parametrize("name", ["", " ", "a/ ", " /a", "a b", "a/b c", "\u2003", "a/\t"])
def test_a_name_with_blanks_is_no_packages(name: str) -> None:
    assert package_url("composer", name) is None
    assert package_url("pypi", name) is None
