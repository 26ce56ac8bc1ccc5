"""H1: a repository whose configuration names programs is read, and none of them runs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fedlore.observe.history.git import read_history
from fedlore.observe.opening import opened
from fedlore.observe.stream import GitOutput
from tests.observe.histories import ALICE, BEGIN, Commit, make_repository, run_git, subjects

CONTROLS = {
    "fsmonitor": ["status"],
    "signature": ["log", "-1"],
    "textconv": ["log", "-p", "-1"],
    "external diff": ["-c", "diff.noisy.textconv=", "log", "-p", "--ext-diff", "-1"],
    "lazy fetch": ["cat-file", "-p", "1" * 40],
}
KEYS = (
    "core.fsmonitor",
    "core.pager",
    "core.editor",
    "core.sshCommand",
    "core.askPass",
    "core.alternateRefsCommand",
    "pager.log",
    "pager.show",
    "diff.external",
    "diff.noisy.textconv",
    "diff.noisy.command",
    "filter.noisy.clean",
    "filter.noisy.smudge",
    "filter.noisy.process",
    "gpg.program",
    "gpg.ssh.program",
    "uploadpack.packObjectsHook",
    "credential.helper",
    "trailer.noisy.command",
    "trailer.noisy.cmd",
)


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


@pytest.fixture
def hostile(tmp_path: Path, canary: Path) -> Path:
    """A work tree in which every setting that may name a program names one that makes the canary."""
    bare = make_repository(tmp_path / "bare", [Commit(files={b".gitattributes": "A", b"a.noisy": "A"})], [("v1.0", 1)])
    work = tmp_path / "work"
    run_git(tmp_path, "clone", "-q", str(bare), str(work))
    (work / ".gitattributes").write_text("* diff=noisy filter=noisy\n")
    (work / "a.noisy").write_text("changed\n")
    author = ["-c", "user.name=Alice", "-c", "user.email=alice@example.org"]
    run_git(work, *author, "commit", "-q", "-a", "-m", "Attributes\n\nnoisy: yes\nCo-authored-by: Bob <b@example.org>")
    _sign(work)
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {canary}\n")
    program.chmod(0o755)
    for hook in ("post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman", "pre-auto-gc"):
        (work / ".git" / "hooks" / hook).write_text(program.read_text())
        (work / ".git" / "hooks" / hook).chmod(0o755)
    for key in KEYS:
        run_git(work, "config", key, str(program))
    for key, value in {
        "log.showSignature": "true",
        "remote.origin.url": f"ext::{program}",
        "remote.origin.promisor": "true",
        "remote.origin.partialclonefilter": "blob:none",
        "protocol.ext.allow": "always",
        "extensions.partialClone": "origin",
        "core.repositoryformatversion": "1",
        "alias.log": f"!{program}",
        "include.path": str(tmp_path / "more.config"),
    }.items():
        run_git(work, "config", key, value)
    (tmp_path / "more.config").write_text(f"[core]\n\tfsmonitor = {program}\n")
    canary.unlink(missing_ok=True)
    return work


def _sign(work: Path) -> None:
    """Give HEAD a signature, so that whoever wants to check it asks a program."""
    lines = run_git(work, "cat-file", "commit", "HEAD").partition(b"\n\n")
    signature = b"\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n abcd\n -----END PGP SIGNATURE-----\n\n"
    head = run_git(work, "hash-object", "-t", "commit", "-w", "--stdin", stdin=lines[0] + signature + lines[2])
    run_git(work, "update-ref", "HEAD", head.decode().strip())


@pytest.mark.parametrize("control", CONTROLS)
def test_the_programs_would_run(hostile: Path, canary: Path, control: str) -> None:
    """The control: git itself, asked in the usual way, runs them."""
    subprocess.run(["git", "-C", str(hostile), *CONTROLS[control]], capture_output=True, check=False)
    assert canary.exists()


@pytest.mark.parametrize("form", ["work tree", "git folder"])
def test_reading_runs_none_of_them(hostile: Path, canary: Path, form: str) -> None:
    with opened(hostile if form == "work tree" else hostile / ".git") as repository:
        history, notes = read_history(repository)
    assert not canary.exists()
    assert subjects(hostile, history) == [b"Attributes", b"Change it"]
    assert history.coauthors.tolist() == [1, 0]
    assert history.release_times.tolist() == [BEGIN]
    assert notes == ()


def test_an_absent_tree_is_not_fetched(hostile: Path, canary: Path) -> None:
    lines = run_git(hostile, "cat-file", "commit", "HEAD").split(b"\n", 1)
    commit = b"tree " + b"1" * 40 + b"\n" + lines[1]
    head = run_git(hostile, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=commit)
    (hostile / ".git" / "HEAD").write_bytes(head)
    canary.unlink(missing_ok=True)
    with opened(hostile) as repository:
        _, notes = read_history(repository)
    assert not canary.exists()
    assert any("could not read every object" in note for note in notes)


def test_a_program_called_git_in_the_repository_is_not_run(
    hostile: Path, canary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (hostile / "git").write_text((hostile.parent / "program").read_text())
    (hostile / "git").chmod(0o755)
    monkeypatch.chdir(hostile)
    monkeypatch.setenv("PATH", ".:")
    with opened(Path()) as repository:
        history, _ = read_history(repository)
    assert not canary.exists()
    assert history.commits == 2


NASTY = {
    b"Subject with \x01 and \x1e and \x1f": b"a\x01b",
    b":100644 100644 0123456789 0123456789 M": b":100644 100644 0123456789 0123456789 M",
    b"%x00%H%aN": b"new\nline",
    b"\xff\xfe not UTF-8": b"\xff\xfe",
    b"  ": b"-rf",
    b"--format=%H": b'tab\tand "quotes" and \\',
    b"\x1b[31mred\x1b[0m": "dir/\u202egnp.exe".encode(),
}


def test_hostile_subjects_and_paths_shift_no_column(tmp_path: Path) -> None:
    commits = [
        Commit(subject, day, ALICE, {path: "A"}, body=b"\n:100644 line\n\n0\n" + subject)
        for day, (subject, path) in enumerate(NASTY.items())
    ]
    folder = make_repository(tmp_path / "r", commits)
    with opened(folder) as repository:
        history, notes = read_history(repository)
    assert notes == ()
    assert history.commit_time.tolist() == [commit.landed for commit in reversed(commits)]
    assert [history.paths[index] for index in history.changed_path] == list(reversed(NASTY.values()))
    assert history.changed_commit.tolist() == list(range(len(NASTY)))
    assert set(history.changed_status.tolist()) == {ord("A")}
    assert set(history.author.tolist()) == {0}
    # git itself leaves out what is no UTF-8 and blanks at the ends; the rest is as it was committed.
    for got, wanted in zip(reversed(subjects(folder, history)), NASTY, strict=True):
        assert got == wanted or wanted in {b"  ", b"\xff\xfe not UTF-8"}


def test_where_a_record_begins_cannot_be_known_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forms = []

    class Recorded(GitOutput):
        def __iter__(self) -> Iterator[bytes]:
            forms.extend(word for word in self.command if word.startswith("--format="))
            return super().__iter__()

    monkeypatch.setattr("fedlore.observe.history.log.GitOutput", Recorded)
    repository = make_repository(tmp_path / "r", [Commit()])
    for _ in range(3):
        with opened(repository) as found:
            assert read_history(found)[0].commits == 1
    markers = {form.removeprefix("--format=tformat:").partition("%x00")[0] for form in forms}
    assert len(markers) == 3
    assert {len(marker) for marker in markers} == {32}


def test_hostile_headers_shift_no_column(tmp_path: Path) -> None:
    """Commits that git would not make: dates that are none, authors of two lines, a message with NUL."""
    repository = make_repository(tmp_path / "r", [Commit(b"Good", files={b"a": "A"})])
    tree = run_git(repository, "rev-parse", "HEAD^{tree}").strip()
    head = good = run_git(repository, "rev-parse", "HEAD").strip()
    headers = (
        b"author A <a@example.org> 99999999999999999999999999 +9999\ncommitter A <a@example.org> 7 +0000\n",
        b"author A <a@example.org> -5 -0100\ncommitter A <a@example.org> noon\n",
        b"author \x01A\x02 <<>> <a@example.org> 8 +0000\ncommitter\n",
        b"author A <a@example.org> 4611686018427387904 +9959\ncommitter A <a@example.org> 9000000000000000000 +0000\n",
        b"author A <a@example.org> 1000 +9959\ncommitter A <a@example.org> 1000 +0000\n",
        b"author\ncommitter\n",
        b"",
        b"author A\x00B <a@example.org> 9 +0000\ncommitter A <a@example.org> 9 +0000\n",
    )
    for number, header in enumerate(headers):
        commit = b"tree %s\nparent %s\n%s\nNumber %d\0 and :100644 more\0\0\n" % (tree, head, header, number)
        head = run_git(repository, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=commit).strip()
    (repository / "HEAD").write_bytes(head + b"\n")
    with opened(repository) as found:
        history, _ = read_history(found)
    size = history.commits
    columns = (history.author_time, history.commit_time, history.offset_minutes, history.author, history.parents)
    assert {len(column) for column in columns} == {size}
    assert size == len(headers) + 1
    assert [history.paths[index] for index in history.changed_path] == [b"a"]
    assert bytes(history.commit[history.changed_commit[0]]).hex() == good.decode()
    for times in (history.author_time, history.commit_time):
        assert 0 <= times.min() <= times.max() < 2**40
    assert abs(history.offset_minutes).max() <= 14 * 60


def test_a_date_at_the_end_of_time_stays_within_the_year_9999(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", [Commit()])
    tree = run_git(repository, "rev-parse", "HEAD^{tree}").strip()
    who = b"A <a@example.org> 4611686018427387904 +0000"
    commit = b"tree %s\nauthor %s\ncommitter %s\n\nLate\n" % (tree, who, who)
    head = run_git(repository, "hash-object", "-t", "commit", "-w", "--stdin", stdin=commit)
    (repository / "HEAD").write_bytes(head)
    with opened(repository) as found:
        history, _ = read_history(found)
    assert history.author_time.tolist() == history.commit_time.tolist() == [253_402_300_799]
