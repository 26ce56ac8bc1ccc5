"""The files of a made-up project besides its sources: configurations, manifests, documentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fedlore.demo.chance import Chance
from fedlore.demo.drafts import Draft, Version
from fedlore.demo.texts import fill, read_table

_DROPPED = 0.1
_BY_FILES = (
    "workflow.ci",
    "workflow.dependency_bot",
    "architecture.containers",
    "collaboration.code_owners",
    "collaboration.contributing",
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The main manifest: a template in which two versions rise with each update of the dependencies."""

    path: str
    template: str
    values: Mapping[str, str]
    first: tuple[int, int]

    def after(self, updates: int) -> str:
        """Its text after so many updates."""
        versions = {"v0": str(self.first[0] + (updates + 1) // 2), "v1": str(self.first[1] + updates // 2)}
        return fill(self.template, {**self.values, **versions})


def draw_manifests(chance: Chance, languages: Sequence[str], values: Mapping[str, str]) -> list[Manifest]:
    """One manifest for each language, the main language's first."""
    found = []
    for language in languages:
        row = chance.pick(read_table(f"languages/{language}")["manifests"])
        found.append(Manifest(row["path"], row["text"], values, (chance.whole(1, 20), chance.whole(1, 20))))
    return found


def draw_files(
    chance: Chance, wanted: Mapping[str, bool], languages: Sequence[str], values: Mapping[str, str]
) -> list[Draft]:
    """The files of the wanted practices, and others that belong to none; what is not wanted may have been dropped."""
    rows = {practice: read_table("files")[practice] for practice in _BY_FILES}
    rows["workflow.lockfile"] = _of_languages(languages, "locks", "exact versions")
    general = read_table("files")["workflow.linter"]
    rows["workflow.linter"] = [*general, *_of_languages(languages, "linters", "rules of style")]
    drafts: dict[str, Draft] = {}
    for practice, choices in rows.items():
        present = wanted[practice]
        for row in chance.some(choices, chance.pick([1, 1, 1, 2])) if present or chance.happens(_DROPPED) else ():
            draft = _draft(row, values)
            drafts[draft.path] = draft if present else draft.dropped()
    others = [row for row in read_table("files")["others"] if chance.happens(0.3)]
    found = [*drafts.values(), *(_draft(row, values) for row in others)]
    if wanted["architecture.decision_records"]:
        return found + _records(chance, values)
    return found + [record.dropped() for record in _records(chance, values) if chance.happens(_DROPPED / 2)]


def draw_documentation(chance: Chance, path: str, title: str, versions: int, noun: str) -> Draft:
    """A file of prose that begins with a title and grows by a chapter with each version."""
    words = read_table("words")
    chapters = chance.some(words["chapters"], len(words["chapters"]))
    text = f"# {title}\n"
    found = []
    for place in range(versions):
        chapter = chapters[place % len(chapters)]
        text += f"\n## {chapter}\n\n" + " ".join(chance.some(words["sentences"], chance.whole(1, 2))) + "\n"
        found.append(Version(f"{chapter.lower()} in {path}", fill(text, {"noun": noun})))
    return Draft(path, tuple(found))


def _of_languages(languages: Sequence[str], kind: str, topic: str) -> list[dict[str, str]]:
    return [{**row, "topic": topic} for language in languages for row in read_table(f"languages/{language}")[kind]]


def _records(chance: Chance, values: Mapping[str, str]) -> list[Draft]:
    row = chance.pick(read_table("files")["architecture.decision_records"])
    nouns = chance.some(read_table("words")["nouns"], chance.pick([1, 1, 2, 3, 4]))
    records = []
    for number, noun in enumerate(nouns, start=1):
        path = f"{row['path']}/{number:04}-{noun}-{chance.pick(['store', 'format', 'numbers', 'interface'])}.md"
        records.append(_draft({**row, "path": path}, {**values, "noun": noun, "number": str(number)}))
    return records


def _draft(row: Mapping[str, str], values: Mapping[str, str]) -> Draft:
    return Draft.about(fill(row["topic"], values), row["path"], [fill(row["text"], values)])
