"""Manifests declare packages; only those of the public dictionary become features, and hostile ones declare none."""

from __future__ import annotations

from pathlib import Path

import pytest
from packageurl import PackageURL

from fedlore.catalogue.technologies import load_technologies
from fedlore.observe.manifests import declared_packages, manifest_kind
from fedlore.observe.naming import LANGUAGES
from fedlore.observe.project import observe_project
from tests.observe.making import AS_OF, make_repository

MANIFESTS = [
    (
        "requirements/dev.txt",
        b"# c\n-r base.txt\nFlask>=2\nzope.interface\nrequests[socks]==2 ; python_version > '3'\n"
        b"git+https://example.org/x.git\n--hash=sha256:aa\npkg @ https://example.org/p.whl\n",
        {"pkg:pypi/flask", "pkg:pypi/zope.interface", "pkg:pypi/requests", "pkg:pypi/pkg"},
    ),
    (
        "pyproject.toml",
        b"[build-system]\nrequires = ['hatchling']\n[project]\ndependencies = ['numpy>=2', 3]\n"
        b"[project.optional-dependencies]\nx = ['Sphinx']\n[dependency-groups]\ndev = ['pytest', {include-group='x'}]\n"
        b"[tool.poetry.dependencies]\npython = '^3.11'\nrich = '*'\n[tool.poetry.group.d.dependencies]\nruff = '*'\n",
        {f"pkg:pypi/{n}" for n in ("hatchling", "numpy", "sphinx", "pytest", "python", "rich", "ruff")},
    ),
    ("setup.cfg", b"[options]\ninstall_requires =\n  attrs\n  click>=8\n", {"pkg:pypi/attrs", "pkg:pypi/click"}),
    ("Pipfile", b"[packages]\nflask = '*'\n[dev-packages]\npytest = '*'\n", {"pkg:pypi/flask", "pkg:pypi/pytest"}),
    (
        "web/package.json",
        b'{"dependencies": {"react": "1", "@babel/core": "2"}, "devDependencies": {"jest": "3"}, "x": [1]}',
        {"pkg:npm/react", "pkg:npm/%40babel/core", "pkg:npm/jest"},
    ),
    ("composer.json", b'{"require": {"php": "8", "laravel/framework": "1"}}', {"pkg:composer/laravel/framework"}),
    (
        "Cargo.toml",
        b"[dependencies]\nserde = '1'\nweb = {package = 'axum'}\n[target.'cfg(unix)'.dependencies]\ntokio = '1'\n",
        {"pkg:cargo/serde", "pkg:cargo/axum", "pkg:cargo/tokio"},
    ),
    (
        "go.mod",
        b"module example.org/x\n\ngo 1.22\n\nrequire github.com/gin-gonic/gin v1.9.1\nrequire (\n"
        b"\tgithub.com/labstack/echo/v4 v4.1.0\n\tgorm.io/gorm v1.2.3 // indirect\n)\n",
        {"pkg:golang/github.com/gin-gonic/gin", "pkg:golang/github.com/labstack/echo", "pkg:golang/gorm.io/gorm"},
    ),
    ("Gemfile", b"source 'x'\ngem 'rails', '7'\n  gem \"rspec\"\n# gem 'no'\n", {"pkg:gem/rails", "pkg:gem/rspec"}),
    (
        "pom.xml",
        b"<project><groupId>me</groupId><dependencies><dependency><groupId>junit</groupId>\n"
        b"<artifactId> junit </artifactId><exclusions><exclusion><groupId>no</groupId></exclusion></exclusions>"
        b"</dependency></dependencies></project>",
        {"pkg:maven/junit/junit"},
    ),
    (
        "build.gradle",
        b"dependencies {\n implementation \"io.grpc:grpc-stub:1.0\"\n testImplementation('junit:junit:4')\n}\n",
        {"pkg:maven/io.grpc/grpc-stub", "pkg:maven/junit/junit"},
    ),
    (
        "docker/Dockerfile.dev",
        b"FROM --platform=linux/amd64 python:3.11-slim AS a\nfrom docker.io/postgres\nRUN x\nFROM $BASE\n",
        {"pkg:docker/python", "pkg:docker/postgres"},
    ),
]


@pytest.mark.parametrize(("path", "data", "expected"), MANIFESTS, ids=[path for path, _, _ in MANIFESTS])
def test_what_a_manifest_declares(path: str, data: bytes, expected: set[str]) -> None:
    assert declared_packages(manifest_kind(path.encode()), data) == expected


@pytest.mark.parametrize(
    "path", [b"a.txt", b"my-package.json", b"cargo.lock", b"requirements.md", b"dockerfiles/x", b""]
)
def test_other_files_are_no_manifests(path: bytes) -> None:
    assert manifest_kind(path) == ""


HOSTILE = {
    "pom.xml": b"<!DOCTYPE p [<!ENTITY a 'junit'>]>"
    b"<p><dependency><groupId>&a;</groupId><artifactId>&a;</artifactId></dependency></p>",
    "package.json": b'{"dependencies":' * 20_000,
    "composer.json": b'{"require": ["laravel/framework"]}',
    "pyproject.toml": b"[project]\ndependencies = ['numpy']\n[project]\n",
    "cargo.toml": b"\xff\xfe[dependencies]",
    "setup.cfg": b"[options]\n[options]\ninstall_requires = attrs",
    "pipfile": b"packages = 3",
}


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_broken_and_hostile_manifests_declare_nothing(kind: str) -> None:
    assert declared_packages(kind, HOSTILE[kind]) == frozenset()


def test_outside_entities_are_not_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("junit")
    pom = f"<!DOCTYPE p [<!ENTITY a SYSTEM 'file://{secret}'>]><p><dependency><groupId>&a;</groupId></dependency></p>"
    assert declared_packages("pom.xml", pom.encode()) == frozenset()


def test_manifests_above_the_limit_declare_nothing() -> None:
    assert declared_packages("requirements.txt", b"flask\n" * 50_001) == frozenset()


def test_unknown_packages_reach_no_feature(tmp_path: Path) -> None:
    """A project that declares a private name and one that declares nothing have the same features."""
    named = {
        "requirements.txt": b"acme-secret-billing\nother-name\n",
        "package.json": b'{"dependencies": {"@acme/x": "1"}}',
    }
    plain = {"requirements.txt": b"\n", "package.json": b"{}"}
    first, second = (
        observe_project(make_repository(tmp_path / name, content), as_of=AS_OF)
        for name, content in (("named", named), ("plain", plain))
    )
    assert first.features == second.features
    assert "acme" not in repr(first).replace(str(tmp_path), "")


def test_known_packages_do(tmp_path: Path) -> None:
    content = {"requirements-dev.txt": b"PyTest==8\n", "web/package.json": b'{"dependencies": {"react": "18"}}'}
    features = observe_project(make_repository(tmp_path / "r", content), as_of=AS_OF).features
    assert features is not None
    assert features["technology.pytest"] is True
    assert features["technology.react"] is True


def test_the_dictionary_is_well_formed() -> None:
    known = load_technologies()
    assert len(known) >= 120
    urls = [url for technology in known.values() for url in technology.packages]
    assert len(urls) == len(set(urls))
    for url in urls:
        assert PackageURL.from_string(url).to_string() == url
    for technology in known.values():
        assert technology.languages or technology.files or technology.packages
        assert technology.languages <= LANGUAGES.keys()
