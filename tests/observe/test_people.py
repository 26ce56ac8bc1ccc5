"""People: hashes that only this organisation can compare, and who is no human."""

from __future__ import annotations

import pickle
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from fedlore.observe.cache import fact_cache
from fedlore.observe.evidence import Evidence, Tree
from fedlore.observe.history.git import read_history
from fedlore.observe.history.people import People, person_hash, sort_of
from fedlore.observe.opening import opened
from fedlore.observe.project import observe_project
from fedlore.observe.salt import local_salt
from tests.observe.histories import ALICE, BEGIN, BOB, CAROL, DEPENDABOT, SALT, Commit, make_repository


@pytest.mark.parametrize(
    ("name", "address", "sort"),
    [
        (*ALICE, "human"),
        (b"John Abbot", b"abbot@example.org", "human"),
        (b"Claudette Colbert", b"claudette@example.org", "human"),
        (b"Renova Team", b"team@example.org", "human"),
        (b"Claude Monet", b"claude@example.org", "human"),
        (b"Claude", b"claude@example.org", "human"),
        (b"Ada Example", b"ada@anthropic.com", "human"),
        (b"Jules Verne", b"jules@example.org", "human"),
        (b"Ada", b"copilot@example.org", "human"),
        (*DEPENDABOT, "bot"),
        (b"Renovate Bot", b"bot@renovateapp.com", "bot"),
        (b"github-actions", b"actions@github.com", "bot"),
        (b"pre-commit-ci[bot]", b"66853113+pre-commit-ci[bot]@users.noreply.github.com", "bot"),
        (b"Release", b"our-bot@example.org", "bot"),
        (b"Copilot", b"198982749+Copilot@users.noreply.github.com", "agent"),
        (b"copilot-swe-agent[bot]", b"x@example.org", "agent"),
        (b"Claude", b"noreply@anthropic.com", "agent"),
        (b"Claude Opus 4.1", b"someone@example.org", "agent"),
        (b"aider (gpt-5)", b"someone@example.org", "agent"),
        (b"Cursor Agent", b"cursoragent@cursor.com", "agent"),
        (b"Claude Code", b"someone@example.org", "agent"),
        (b"claude[bot]", b"209825114+claude[bot]@users.noreply.github.com", "agent"),
        (b"Cursor", b"cursoragent@cursor.com", "agent"),
        (b"Devin AI", b"158243242+devin-ai-integration[bot]@users.noreply.github.com", "agent"),
        (b"google-labs-jules[bot]", b"161369871+google-labs-jules[bot]@users.noreply.github.com", "agent"),
        (b"Codex", b"noreply@openai.com", "agent"),
        (b"gemini-code-assist[bot]", b"x@example.org", "agent"),
        (b"Gemini CLI", b"218195315+gemini-cli@users.noreply.github.com", "agent"),
        (b"Windsurf", b"noreply@windsurf.com", "agent"),
        (b"Amp", b"amp@ampcode.com", "agent"),
        (b"opencode", b"noreply@opencode.ai", "agent"),
        (b"GitHub Copilot", b"copilot@github.com", "agent"),
        (b"k8s-ci-robot", b"x@example.org", "bot"),
        (b"Devin Townsend", b"devin@example.org", "human"),
        (b"Gemini Jones", b"gemini@example.org", "human"),
        (b"Jules", b"jules@google.com", "human"),
        (b"Claude Haikumi", b"ch@example.org", "human"),
        (b"Amp Phillips", b"amp@example.org", "human"),
        (b"Ada Cursor", b"cursor@example.org", "human"),
        (b"Claude", b"123+claude@users.noreply.github.com", "human"),
        (b"Junie Moon", b"junie@example.org", "human"),
        (b"Talbot", b"talbot@example.org", "human"),
        (b"\xff\xfe", b"\xff", "human"),
    ],
)
def test_bots_and_agents_are_known_by_name_or_address(name: bytes, address: bytes, sort: str) -> None:
    assert sort_of(name, address) == sort


def test_a_trailer_without_a_person_counts_nobody() -> None:
    said = People(SALT).trailers(b"Co-authored-by:\nCo-authored-by: <>\nReviewed-by\n", *ALICE)
    assert (said.coauthors, said.by_agent, said.reviewed) == (0, False, False)


def people_of(path: Path, cache_path: Path | None) -> list[bytes]:
    with opened(path) as repository, fact_cache(cache_path, "1") as cache:
        return read_history(repository, None, cache)[0].people


def test_a_person_is_the_same_in_all_repositories_of_an_organisation(tmp_path: Path) -> None:
    one = make_repository(tmp_path / "one", [Commit(who=ALICE), Commit(who=BOB, day=1)])
    other = make_repository(tmp_path / "other", [Commit(who=CAROL), Commit(who=(b"al", b"ALICE@EXAMPLE.ORG"), day=1)])
    ours = people_of(one, tmp_path / "ours" / "cache")
    assert ours[1] == people_of(other, tmp_path / "ours" / "cache")[0]
    assert len({*ours, *people_of(other, tmp_path / "ours" / "cache")}) == 3
    assert not {*ours} & {*people_of(one, tmp_path / "theirs" / "cache")}
    assert not {*people_of(one, None)} & {*people_of(one, None)}


def test_a_hash_is_keyed_and_of_16_bytes() -> None:
    assert len(person_hash(*ALICE, SALT)) == 16
    assert person_hash(*ALICE, SALT) != person_hash(*ALICE, SALT + b"!")
    assert person_hash(b"A", b"", SALT) != person_hash(b"B", b"", SALT)
    assert person_hash(b"A", b"Same@example.org", SALT) == person_hash(b"B", b"same@EXAMPLE.org", SALT)


def test_no_name_or_address_is_kept(tmp_path: Path) -> None:
    body = b"Why.\n\nCo-authored-by: Bob Birch <bob@example.org>\nReviewed-by: Carol Cedar <carol@example.org>\n"
    commits = [Commit(b"Begin", files={b"src/a.py": "A"}, body=body), Commit(who=DEPENDABOT, day=1)]
    repository = make_repository(tmp_path / "r", commits)
    cache_path = tmp_path / "kept" / "cache"
    with opened(repository) as found, fact_cache(cache_path, "1") as cache:
        history, notes = read_history(found, None, cache)
        files = {file.name: file.read_bytes() for file in cache_path.parent.iterdir()}
    evidence = pickle.dumps(Evidence(history, Tree([]), BEGIN, notes))
    words = [re.escape(word) for person in (ALICE, BOB, CAROL, DEPENDABOT) for word in (*person, *person[0].split())]
    assert b"src/a.py" in evidence and b"src/a.py" in b"".join(files.values())
    for content in (evidence, *files.values()):
        assert not re.search(b"|".join(words), content, re.IGNORECASE)
        assert b"Begin" not in content


def test_the_salt_is_the_owners_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    salt = local_salt(path)
    file = tmp_path / "cache.salt"
    assert (len(salt), file.read_bytes()) == (32, salt)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert local_salt(path) == salt != local_salt(tmp_path / "other")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["cache.salt", "other.salt"]


def test_a_damaged_salt_is_replaced_and_a_missing_folder_done_without(tmp_path: Path) -> None:
    (tmp_path / "cache.salt").write_bytes(b"short")
    salt = local_salt(tmp_path / "cache")
    assert len(salt) == 32 and local_salt(tmp_path / "cache") == salt
    assert len({local_salt(tmp_path / "nowhere" / "cache") for _ in range(2)} | {local_salt(None)}) == 3


def test_processes_that_begin_together_have_one_salt(tmp_path: Path) -> None:
    script = "import sys; from pathlib import Path; from fedlore.observe.salt import local_salt\n"
    script += "sys.stdin.read(); print(local_salt(Path(sys.argv[1])).hex())"
    command = [sys.executable, "-c", script, str(tmp_path / "cache")]
    runs = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(6)]
    for run in runs:
        assert run.stdin is not None
        run.stdin.close()
        run.stdin = None
    assert {run.communicate()[0].decode().strip() for run in runs} == {local_salt(tmp_path / "cache").hex()}


def test_observing_leaves_no_name_beside_its_cache(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", [Commit(files={b"a.py": "A"})])
    assert observe_project(repository, as_of=BEGIN, cache=tmp_path / "kept" / "cache").features is not None
    content = b"".join(file.read_bytes() for file in (tmp_path / "kept").iterdir())
    assert not re.search(rb"alice|example\.org", content, re.IGNORECASE)
