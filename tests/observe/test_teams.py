"""A repository's team comes from the organisation's file, else from CODEOWNERS, else there is one team."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pygit2
import pytest

from fedlore.observe.evidence import SourceFile
from fedlore.observe.opening import opened
from fedlore.observe.owner.organisation import Organisation, OrganisationError, organisation_of, stated_capacity
from fedlore.observe.owner.teams import owner_of, read_rules, team_of
from fedlore.observe.tree import TreeLimits, list_files
from tests.observe.histories import run_git

EVERYWHERE = [b"a.py", b"src/b.py", b"docs/c.md"]


def owner(content: bytes, paths: list[bytes]) -> str:
    return owner_of(content, [SourceFile(path, "", "", 1) for path in paths])


def make_repository(folder: Path, files: dict[str, bytes]) -> Path:
    """A repository whose one commit holds these files."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    stream = [b"commit refs/heads/main\ncommitter A <a@example.org> 1600000000 +0000\ndata 1\nx\n"]
    stream += [b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(text), text) for path, text in files.items()]
    run_git(folder, "fast-import", "--quiet", stdin=b"".join(stream))
    return folder


def team(path: Path, organisation: Organisation | None = None) -> str:
    with opened(path) as repository:
        files = list_files(repository.repository, repository.head, TreeLimits()).files
        return team_of(path, organisation or Organisation(), repository.repository, files)


def test_the_organisations_file_outranks_code_owners(tmp_path: Path) -> None:
    (tmp_path / "fedlore.toml").write_text(
        'contribution_capacity = "small"\n[teams]\npayments = ["pay-*", "billing"]\nweb = ["shop", "p*"]\n'
    )
    organisation = organisation_of(tmp_path)
    assert organisation.contribution_capacity == "small"
    path = make_repository(tmp_path / "pay-card", {"CODEOWNERS": b"* @acme/cards\n", "a.py": b"1\n"})
    other = make_repository(tmp_path / "core", {"CODEOWNERS": b"* @acme/cards\n", "a.py": b"1\n"})
    alone = make_repository(tmp_path / "tool", {"a.py": b"1\n"})
    assert [team(each, organisation) for each in (path, other, alone)] == ["payments", "acme/cards", ""]
    assert organisation.team_of("portal") == "web"
    assert organisation.team_of("Billing") == ""


def test_a_broken_or_absent_file_of_owners_means_one_team(tmp_path: Path) -> None:
    path = make_repository(tmp_path / "r", {"CODEOWNERS": b"* @acme/cards\n"})
    with opened(path) as repository:
        files = list_files(repository.repository, repository.head, TreeLimits()).files
        empty = pygit2.init_repository(str(tmp_path / "empty"), bare=True)
        assert team_of(path, Organisation(), empty, files) == ""
    assert team(make_repository(tmp_path / "s", {"CODEOWNERS": b"# " * (1 << 17) + b"\n* @acme/cards\n"})) == ""


def test_the_first_of_the_usual_places_is_the_one_that_counts(tmp_path: Path) -> None:
    both = {"CODEOWNERS": b"* @acme/root\n", ".github/CODEOWNERS": b"* @acme/hub\n", "docs/CODEOWNERS": b"* @acme/d\n"}
    assert team(make_repository(tmp_path / "a", both)) == "acme/hub"
    del both[".github/CODEOWNERS"]
    assert team(make_repository(tmp_path / "b", both)) == "acme/root"


def test_the_owner_of_everything_is_the_last_such_rule_and_a_team_before_a_person() -> None:
    assert owner(b"* @acme/a\n*.py @acme/b\n", EVERYWHERE) == "acme/a"
    assert owner(b"* @acme/a\n** @ann @acme/b # @acme/c\n", EVERYWHERE) == "acme/b"
    assert owner(b"* ann@example.org\n", EVERYWHERE) == "ann@example.org"
    assert owner(b"* @acme/a\n*\n", EVERYWHERE) == ""


def test_without_such_a_rule_it_is_the_owner_of_most_files_by_the_last_match() -> None:
    content = b"/src/ @acme/src\n*.md @acme/docs\n*.py @acme/py\n/src/legacy/\n"
    paths = [b"src/a.py", b"src/b.c", b"src/c.c", b"src/legacy/d.c", b"src/legacy/e.c", b"README.md", b"x.py"]
    # src/a.py is last matched by *.py, and nobody owns what is legacy: two files each for src and py.
    assert owner(content, paths) == "acme/py"
    assert owner(content, [*paths, b"src/f.c"]) == "acme/src"
    assert owner(b"/nowhere/ @acme/src\n", paths) == ""
    assert owner(b"", paths) == ""


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        (b"*.js", b"a/b/c.js", b"a/b/c.jsx"),
        (b"/build/logs/", b"build/logs/deep/x", b"a/build/logs/x"),
        (b"docs/*", b"docs/a.md", b"docs/deep/a.md"),
        (b"apps/", b"a/apps/x", b"a/apps"),
        (b"/docs/", b"docs/deep/a.md", b"a/docs/b.md"),
        (b"/apps/github", b"apps/github/x", b"a/apps/github"),
        (b"**/logs", b"deep/build/logs/x", b"deep/logs2/x"),
        (b"a/**/z", b"a/b/c/z", b"a/b/c/y"),
        (b"a/**/z", b"a/z", b"b/a/z"),
        (b"a/**", b"a/b/c", b"b/a/c"),
        (b"with\\ blank.md", b"a/with blank.md", b"a/with\\ blank.md"),
        (b"?.md", b"a.md", b"ab.md"),
    ],
)
def test_patterns_match_as_github_says(pattern: bytes, yes: bytes, no: bytes) -> None:
    (rule,) = read_rules(b"  " + pattern + b"\t@acme/a\n")
    assert (rule.matches(yes), rule.matches(no)) == (True, False)


def test_what_is_no_rule_is_passed_over() -> None:
    assert read_rules(b"# * @a\n\n[Section] @b\n^[Other][2]\n!x @c\n[ab].py @d\n\xff\xfe @e\n")[0].owner == "e"


def test_hostile_owners_end_soon() -> None:
    pattern = b"*a" * 40 + b"b" + b"/**/x" * 40
    rules = b"".join(b"%s%d @acme/a\n" % (pattern, number) for number in range(3000))
    paths = [b"a" * 200 + b"/x" * 100 + b"%d" % number for number in range(3000)]
    begun = time.process_time()
    assert owner(rules, paths) == ""
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("team = 1\n", "fedlore.toml, line 1: team is no key here; the nearest that is one is teams"),
        ("[teams]\n\nweb = 'shop'\n", "fedlore.toml, line 3: web is a list of folder names"),
        ("[teams]\nweb = []\n", "fedlore.toml, line 2: web is a list of folder names"),
        ("teams = 3\n", "fedlore.toml, line 1: teams is a table of lists"),
        ("contribution_capacity = 'huge'\n", "fedlore.toml, line 1: contribution_capacity is one of small, medium, la"),
        ("contribution_capacity = []\n", "fedlore.toml, line 1: contribution_capacity is one of small, medium, large"),
        ("[teams\n", "fedlore.toml, line 1: Expected ']'"),
    ],
)
def test_a_mistake_in_the_organisations_file_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "fedlore.toml").write_text(text)
    with pytest.raises(OrganisationError) as raised:
        organisation_of(tmp_path)
    assert len(raised.value.sentences) == 1
    assert str(raised.value).startswith(sentence)


def test_the_smallest_capacity_that_is_stated_holds(tmp_path: Path) -> None:
    for name, capacity in (("a", "large"), ("b", "small"), ("c", "medium")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "fedlore.toml").write_text(f'contribution_capacity = "{capacity}"\n')
    assert stated_capacity([tmp_path / "a" / "x", tmp_path / "b" / "y", tmp_path / "c" / "z"]) == "small"
    assert stated_capacity([tmp_path / "a" / "x"]) == "large"
    assert stated_capacity([tmp_path / "none" / "x"]) is None
