"""The public dictionary: well formed, and the only source of names that a feature may be about."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packageurl import PackageURL

from fedlore.catalogue.load import load_catalogue
from fedlore.catalogue.technologies import OTHER, load_technologies, technology_of
from fedlore.observe.evidence import Evidence, SourceFile, Tree
from fedlore.observe.features import adoption, technology
from fedlore.observe.features.signs import technologies_shown, technologies_used
from fedlore.observe.naming import LANGUAGES
from fedlore.observe.project import observe_project
from tests.observe.histories import Commit, make_evidence
from tests.observe.making import AS_OF, make_repository
from tests.observe.packages import evidence_of, spans

KINDS = {
    *("language", "framework", "library", "data science", "database", "messaging", "test tool", "linter"),
    *("build tool", "documentation", "ci", "container", "cloud", "observability", "agent"),
}


def test_the_dictionary_is_well_formed() -> None:
    known = load_technologies()
    assert len(known) >= 300
    assert {one.kind for one in known.values()} == KINDS
    urls = [url for one in known.values() for url in one.packages]
    families = [url for one in known.values() for url in one.families]
    assert len(urls + families) == len({*urls, *families})
    for url in (*urls, *(family for family in families if not family.endswith("/"))):
        assert PackageURL.from_string(url).to_string() == url
    for family in families:
        assert family.startswith("pkg:") and family.count("/") >= 2 - (not family.endswith("/"))
    for name, one in known.items():
        assert name == one.name and name != OTHER and name.isidentifier() and name == name.lower()
        assert one.title.strip()
        assert one.languages or one.files or one.packages
        assert one.languages <= LANGUAGES.keys()


@pytest.mark.parametrize(
    ("package", "name"),
    [
        ("pkg:pypi/flask", "flask"),
        ("pkg:npm/%40angular/core", "angular"),
        ("pkg:npm/%40angular/anything", "angular"),
        ("pkg:npm/%40types/aws-lambda", "aws_lambda"),
        ("pkg:npm/%40types/node", "typescript"),
        ("pkg:golang/github.com/aws/aws-sdk-go-v2/service/s3", "boto3"),
        ("pkg:golang/github.com/aws/acme", OTHER),
        ("pkg:conda/numpy", "numpy"),
        ("pkg:conda/acme", OTHER),
        ("pkg:pypi/flask-acme", OTHER),
        ("pkg:pypi/typescript", OTHER),
        ("pkg:githubactions/actions/checkout", "github_actions"),
        ("pkg:docker/mcr.microsoft.com/dotnet/sdk", "dotnet"),
        ("", OTHER),
    ],
)
def test_packages_have_the_dictionarys_name_or_none(package: str, name: str) -> None:
    assert technology_of(package) == name


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.text() | st.text("abc/.@%:-").map("pkg:npm/".__add__))
def test_no_name_but_the_dictionarys_is_ever_said(package: str) -> None:
    assert technology_of(package) in {*load_technologies(), OTHER}


SIGNS = [
    (b".github/workflows/ci.yml", "github_actions", b"x/.github/workflows/ci.yml"),
    (b"web/ESLint.config.mjs", "eslint", b"eslint.config"),
    (b"infra/main.tf", "terraform", b"main.tfx"),
    (b"_bmad/config.toml", "bmad_method", b"bmad.md"),
    (b"a/.claude/commands/x.md", "claude_code", b"a/.claude"),
    (b"Makefile", "make", b"Makefile.in"),
    (b"module.bazel", "bazel", b"sub/module.bazel"),
    (b"db/x.SQL", "sql", b"sql"),
]


@pytest.mark.parametrize(("path", "name", "other"), SIGNS)
def test_paths_show_technologies(path: bytes, name: str, other: bytes) -> None:
    assert name in technologies_shown([b"README", path])
    assert name not in technologies_shown([b"README", other])


def test_every_pattern_is_searched_as_it_stands() -> None:
    """Looking at names and extensions alone finds the same as searching each whole path."""
    paths = [b"README", b"docs/x", *(path for path, _, _ in SIGNS), *(other for _, _, other in SIGNS)]
    paths += [b"." + one.name.encode() for one in load_technologies().values()] + [b"x/debian/control", b"\xff\n/.a.b"]
    known = load_technologies().values()
    expected = {one.name for one in known for path in paths if one.files and one.files.search(path.lower())}
    assert len(expected) > 10
    assert technologies_shown(paths) == expected


def test_vendored_files_and_packages_of_families_show_nothing() -> None:
    tree = Tree([SourceFile(b"vendor/Dockerfile", "", "", 0)], frozenset({"pkg:npm/react-dom", "pkg:docker/python"}))
    assert technologies_used(replace(make_evidence([]), tree=tree)) == frozenset()


def test_a_package_that_a_setup_script_declares_is_used(tmp_path: Path) -> None:
    """A script is a source file of its language at HEAD, and a manifest in the history."""
    content = {"setup.py": b"from setuptools import setup\nsetup(tests_require=['pytest'])\n"}
    observed = observe_project(make_repository(tmp_path / "r", content), as_of=AS_OF)
    assert observed.features is not None
    assert observed.features["technology.pytest"] is True
    assert observed.features["technology.python"] is True


def test_features_are_about_the_dictionarys_names_alone() -> None:
    """Packages with private names change numbers, and nothing else: no id and no value holds a name."""
    evidence = evidence_of(
        spans("pkg:pypi/acme-secret", "pkg:npm/%40acme/billing", "pkg:pypi/flask"),
        paths=(b"acme/Dockerfile", b"requirements.txt"),
    )
    found = {**adoption.features(evidence), **technology.features(evidence)}
    assert found["technology.other_share"].value == 2 / 3  # type: ignore[index]
    assert set(found) <= set(load_catalogue().measures)
    assert all(type(answer.value) in (bool, float, type(None)) for answer in found.values())
    assert "acme" not in repr(found)
    named = [measure for measure in found if measure.startswith("technology.") and measure[11:] in load_technologies()]
    assert sorted(named) == sorted(f"technology.{name}" for name in technology.ASKED)


def test_nothing_of_a_private_name_is_observed(tmp_path: Path) -> None:
    content = {
        "requirements.txt": b"acme-secret-billing\nother-name==1\n",
        "package.json": b'{"dependencies": {"@acme/x": "1"}}',
        "Dockerfile": b"FROM registry.acme.example/base:1\n",
        ".github/workflows/ci.yml": b"jobs:\n  a:\n    steps:\n    - uses: acme/secret@v1\n",
    }
    observed = observe_project(make_repository(tmp_path / "r", content), as_of=AS_OF)
    assert observed.features is not None
    assert observed.features["technology.docker"] is True
    assert "acme" not in repr((observed.features, observed.answers, observed.notes))


def test_an_empty_project_has_no_numbers() -> None:
    for module in (adoption, technology):
        values = {answer.value for answer in module.features(make_evidence([])).values()}
        assert values <= {False, None}
    assert isinstance(make_evidence([Commit()]), Evidence)
