"""Small, real git repositories with known practices, in which every name a project chooses carries one word."""

from __future__ import annotations

import random
import subprocess
from dataclasses import dataclass
from pathlib import Path

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Project:
    """Which practices a project has; ``last`` is the Unix time of its newest commit."""

    ci: bool
    tests: bool
    typed: bool
    bare_except: bool
    last: int


def draw_project(rng: random.Random, now: int) -> Project:
    """A project whose practices are independent coin tosses, alive or dead."""
    last = now - rng.randrange(2, 60) * DAY if rng.random() < 0.6 else now - rng.randrange(400, 900) * DAY
    return Project(*(rng.random() < 0.5 for _ in range(4)), last=last)


def make_repository(folder: Path, project: Project, word: str, rng: random.Random) -> None:
    """Write the repository ``folder``; conventional names (`tests`, `requirements.txt`) do not carry the word."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    times = [*sorted(project.last - rng.randrange(1, 500) * DAY for _ in range(9)), project.last]
    stream: list[str] = []
    for number, when in enumerate(times):
        files = _files(number, project, word)
        author = f"{word} person{rng.randrange(3)} <{word}{rng.randrange(3)}@example.org>"
        message = f"feat: {word} change {number}\n\nSigned-off-by: {author}\n"
        stream.append(f"commit refs/heads/main\nmark :{number + 1}\nauthor {author} {when} +0000\n")
        stream.append(f"committer {author} {when} +0000\ndata {len(message)}\n{message}\n")
        stream.append(f"from :{number}\n" if number else "")
        stream += [f"M 100644 inline {path}\ndata {len(text)}\n{text}\n" for path, text in files.items()]
        if number % 4 == 3:
            stream.append(f"tag {word}-v{number}\nfrom :{number + 1}\ntagger {author} {when} +0000\ndata 1\nv\n")
    subprocess.run(["git", "-C", str(folder), "fast-import", "--quiet"], input="".join(stream).encode(), check=True)


def _files(number: int, project: Project, word: str) -> dict[str, str]:
    head = f"def {word}_fn(a: int) -> int:" if project.typed else f"def {word}_fn(a):"
    tail = "    except:\n        pass" if project.bare_except else "    except TypeError as error:\n        raise error"
    files = {f"src/{word}/{word}_{number}.py": f"# {word}\n{head}\n    try:\n        return a\n{tail}\n"}
    if number == 0:
        files["requirements.txt"] = f"{word}-internal==1.0\nrequests==2.31\n"
        files[f"{word}.js"] = f"import '{word}-package'\nexport async function {word}Go() {{ await {word}() }}\n"
    if number == 1 and project.tests:
        files[f"tests/test_{word}.py"] = f"def test_{word}():\n    assert {word}\n"
    if number == 2 and project.ci:
        files[".github/workflows/ci.yml"] = f"on: push\njobs:\n  {word}:\n    runs-on: ubuntu-latest\n"
    return files


def make_organisations(folder: Path, organisations: int, projects: int, word: str, seed: int, now: int) -> list[Path]:
    """``organisations`` folders of ``projects`` repositories each, drawn from ``seed``; the organisations' folders."""
    rng = random.Random(seed)
    made = []
    for organisation in range(1, organisations + 1):
        place = folder / f"org{organisation}"
        for number in range(projects):
            make_repository(place / f"{word}-project{number}", draw_project(rng, now), word, rng)
        made.append(place)
    return made
