"""H3: tags, subjects and owners' files that are made to take long, or much memory, cost little and are told of."""

from __future__ import annotations

import re
import time
import tracemalloc
from pathlib import Path

import pytest

from fedlore.observe.history.git import read_history
from fedlore.observe.history.subjects import _FORMS
from fedlore.observe.opening import opened
from fedlore.observe.owner.documents import DocumentError, read_document
from fedlore.observe.owner.toml_lines import dots_in_lines
from tests.observe.histories import BEGIN, Commit, make_repository, run_git


def tag_object(repository: Path, target: str, sort: str, size: int, name: str = "v1.0") -> str:
    text = f"object {target}\ntype {sort}\ntag {name}\ntagger A <a@example.org> {BEGIN} +0000\n\n" + "x" * size
    return run_git(repository, "hash-object", "-t", "tag", "-w", "--stdin", stdin=text.encode()).decode().strip()


@pytest.mark.parametrize("size", [1_000_000, 60_000])
def test_many_tags_over_a_chain_of_tag_objects_are_peeled_once(tmp_path: Path, size: int) -> None:
    repository = make_repository(tmp_path / "r", [Commit(b"Begin")])
    target, sort = run_git(repository, "rev-parse", "HEAD").decode().strip(), "commit"
    for _ in range(4):
        target, sort = tag_object(repository, target, sort, size), "tag"
    lines = [f"{target} refs/tags/v1.{number}\n" for number in range(20_000)]
    lines += [f"{target} refs/tags/word{number}\n" for number in range(20_000)]
    (repository / "packed-refs").write_text("".join(lines))
    begun = time.monotonic()
    with opened(repository) as found:
        tags, notes = found.tags, found.notes
    assert time.monotonic() - begun < 5
    small = size < 1 << 16
    assert len(tags) == (20_000 if small else 0)
    told = any("20,000 tags of releases without a readable commit" in note for note in notes)
    assert told is not small


def test_tags_beyond_the_limit_are_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fedlore.observe.references._MOST_TAGS", 3)
    repository = make_repository(tmp_path / "r", [Commit(b"Begin")], [(f"v1.{number}", 1) for number in range(3)])
    run_git(repository, "tag", "nightly")
    with opened(repository) as found:
        assert (len(found.tags), found.notes) == (3, ())
    run_git(repository, "tag", "v1.9")
    for _ in ("loose", "packed"):
        with opened(repository) as found:
            assert len(found.tags) == 3
            assert any("too many tags" in note for note in found.notes)
        run_git(repository, "pack-refs", "--all")


def test_a_subject_of_blanks_holds_nothing_up(tmp_path: Path) -> None:
    # Blanks at the ends are left out by git, and those of a line break are one.
    subject = b"a" + b" " * 100_000 + b"b c"
    repository = make_repository(tmp_path / "r", [Commit(subject), Commit(b"x" * 100_000, 1)])
    begun = time.monotonic()
    with opened(repository) as found:
        history, _ = read_history(found)
    assert time.monotonic() - begun < 5
    assert history.subject_length.tolist() == [1000, 1000]


HOSTILE = (
    b" ",
    b"a",
    b"a ",
    b"(#1",
    b"#1",
    b"Merge branch '",
    b"' into '",
    b"A-",
    b"AB-1",
    b"fix",
    b"bug ",
    b"(",
    b"w.",
    b"1",
)


@pytest.mark.parametrize("flag", _FORMS)
def test_every_expression_takes_time_in_step_with_the_subject(flag: object) -> None:
    for pattern in _FORMS[flag]:  # type: ignore[index]
        for begin in (b"", b"a", b"feat(", b"Merge branch '", b"Merged in ", b"Merge pull request #", b"revert("):
            for piece in HOSTILE:
                assert _seconds(pattern, begin, piece) < 0.005, (pattern.pattern, begin, piece)


def _seconds(pattern: re.Pattern[bytes], begin: bytes, piece: bytes) -> float:
    """The least of three, since others may use the processor too."""
    subject = (begin + piece * 1000)[:998] + b" ."
    times = []
    for _ in range(3):
        begun = time.thread_time()
        pattern.search(subject)
        times.append(time.thread_time() - begun)
    return min(times)


@pytest.mark.parametrize(
    "text",
    [
        "{many} = 1",
        "[{many}]",
        "x = {{ {many} = 1 }}",
        'x = """a""""\n{many} = 1',
        "x = [\n'''a''''', {{ {many} = 1 }} ]",
        "x = 'y' # z\n\"a\".{many} = 1",
    ],
)
def test_a_key_of_many_parts_is_refused_before_it_takes_memory(tmp_path: Path, text: str) -> None:
    content = text.format(many=".".join(["a"] * 20_000))
    (tmp_path / "outcomes.toml").write_text(content)
    tracemalloc.start()
    line = content.count("\n") + 1
    with pytest.raises(DocumentError, match=f"outcomes.toml, line {line}: more than 100 dots"):
        read_document(tmp_path / "outcomes.toml")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_dots_in_strings_and_comments_do_not_count(tmp_path: Path) -> None:
    dots = "." * 200
    (tmp_path / "outcomes.toml").write_text(
        f'a = \'{dots}\' # {dots}\nb = "\\"{dots}"\nc = """{dots}\n{dots}"""\nd.e.f = 1.5\n'
    )
    document = read_document(tmp_path / "outcomes.toml")
    assert document is not None and set(document.table) == {"a", "b", "c", "d"}
    assert dots_in_lines("a.b='.'\n\nc.d.e=1#.\n") == [1, 0, 2, 0]


@pytest.mark.parametrize("piece", ['"', "'", '\\"""', '"""\\', "'''", '"\\', '""""""', "#", '"a', "\\"])
def test_counting_dots_takes_time_in_step_with_the_text(piece: str) -> None:
    begun = time.monotonic()
    dots_in_lines(piece * (250_000 // len(piece)))
    assert time.monotonic() - begun < 2


def test_an_owners_file_is_small(tmp_path: Path) -> None:
    (tmp_path / "outcomes.toml").write_bytes(b"#" * (1 << 18))
    assert read_document(tmp_path / "outcomes.toml") is not None
    (tmp_path / "outcomes.toml").write_bytes(b"#" * ((1 << 18) + 1))
    with pytest.raises(DocumentError, match="longer than 262144 bytes"):
        read_document(tmp_path / "outcomes.toml")
