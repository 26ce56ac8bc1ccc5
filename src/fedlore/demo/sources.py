"""The source files of a made-up project: modules and tests that grow by a few functions at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, floor
from typing import Any

from fedlore.demo.annotations import annotated, count_functions
from fedlore.demo.chance import Chance
from fedlore.demo.drafts import Draft
from fedlore.demo.texts import fill, read_table

_KINDS = ("asynchronous", "printing", "logging", "data_types", "bare_except", "smells")
_DROPPED = 0.1


@dataclass(frozen=True, slots=True)
class Code:
    """The practices that source files decide."""

    tests: bool
    type_annotations: bool
    logging: bool
    asynchronous: bool
    data_types: bool


@dataclass(frozen=True, slots=True)
class _Snippet:
    """One function or type from a language's file, and the list there that holds it."""

    kind: str
    text: str
    test: str = ""
    needs: str = ""


@dataclass(frozen=True, slots=True)
class _Module:
    """A module while it is planned: its language, which of the language's layouts it follows, what it is about."""

    language: str
    layout: int
    values: Mapping[str, str]
    snippets: list[_Snippet] = field(default_factory=list)

    @property
    def table(self) -> Mapping[str, Any]:
        return read_table(f"languages/{self.language}")

    def spare(self, kind: str) -> list[_Snippet]:
        """The snippets of this kind that the language has and the module has not."""
        every = [_Snippet(kind, **row) for row in self.table.get(kind, ())]
        return [snippet for snippet in every if snippet not in self.snippets]


def draw_languages(chance: Chance, code: Code) -> list[str]:
    """Two or three languages, the main one first; Python is always among them where functions are to be annotated."""
    script = chance.pick(["javascript", "typescript"])
    others = chance.some([script, "go", "java", "rust", "c"], 2)
    if not code.type_annotations and chance.happens(0.25):
        return others
    others = others[: chance.whole(1, 2)]
    return ["python", *others] if chance.happens(0.7) else [others[0], "python", *others[1:]]


def draw_sources(
    chance: Chance, languages: Sequence[str], code: Code, nouns: Sequence[str], names: Mapping[str, str]
) -> list[Draft]:
    """The modules and tests of a project, one module about each noun; ``names`` are the other values of templates.

    Logging calls are more than twice as many as prints, or fewer than they (or absent). At least 70 % of all Python
    functions are annotated, or at most 30 %. What tests hold besides is left to chance. There must be at least as many
    nouns as languages, and at least three.
    """
    modules = _draw_modules(chance, languages, nouns, names)
    for kind, many in zip(_KINDS, _amounts(chance, code), strict=True):
        for _ in range(many):
            free = [module for module in modules if module.spare(kind)]
            if free:
                module = chance.pick(free)
                module.snippets.insert(chance.whole(0, len(module.snippets)), chance.pick(module.spare(kind)))
    tested = chance.some(modules, chance.whole(1, len(modules))) if code.tests or chance.happens(_DROPPED) else []
    tests = [(module, _tests_of(chance, module)) for module in tested]
    every = [(module, snippet.text) for module in modules for snippet in module.snippets]
    every += [(module, text) for module, texts in tests for text in texts if code.tests]
    styles = _styles(chance, every, code.type_annotations)
    drafts = [_module_draft(chance, module, styles) for module in modules]
    drafts += [_test_draft(chance, module, texts, styles) for module, texts in tests]
    return drafts if code.tests else [*drafts[: len(modules)], *(draft.dropped() for draft in drafts[len(modules) :])]


def _draw_modules(
    chance: Chance, languages: Sequence[str], nouns: Sequence[str], names: Mapping[str, str]
) -> list[_Module]:
    layouts = {language: chance.whole(0, 5) for language in languages}
    modules = []
    for place, noun in enumerate(nouns):
        language = languages[place] if place < len(languages) else chance.pick([languages[0], *languages])
        module = _Module(language, layouts[language], {**names, "noun": noun, "Noun": noun.capitalize()})
        first, *others = module.spare("functions")
        chosen = [first, *chance.some(others, chance.whole(1, 4))]
        module.snippets.extend(chance.some(chosen, len(chosen)))
        modules.append(module)
    return modules


def _amounts(chance: Chance, code: Code) -> tuple[int, ...]:
    """How many snippets of each of `_KINDS`, each of which logs, prints, waits or defines once."""
    if code.logging:
        logs = chance.whole(1, 5)
        prints = chance.whole(0, (logs - 1) // 2)
    elif chance.happens(0.25):
        logs, prints = 1, chance.whole(3, 4)
    else:
        logs, prints = 0, chance.whole(0, 3)
    waits = chance.whole(1, 2) if code.asynchronous else 0
    types = chance.whole(1, 3) if code.data_types else 0
    smells = chance.pick([0, 0, 1, 2])
    return waits, prints, logs, types, int(chance.happens(0.4)), smells


def _tests_of(chance: Chance, module: _Module) -> list[str]:
    texts = [snippet.test for snippet in module.snippets if snippet.test]
    return [*texts, chance.pick(module.table["test_extras"])["text"]] if chance.happens(0.2) else texts


def _styles(chance: Chance, texts: Sequence[tuple[_Module, str]], mostly: bool) -> Iterator[bool]:
    """For each Python function in the order of the texts, whether it is annotated."""
    functions = sum(count_functions(text) for module, text in texts if module.language == "python")
    share = chance.pick([1.0, chance.between(0.7, 1)]) if mostly else chance.pick([0.0, chance.between(0, 0.3)])
    return iter(chance.marked(functions, ceil(share * functions) if mostly else floor(share * functions)))


def _module_draft(chance: Chance, module: _Module, styles: Iterator[bool]) -> Draft:
    table, values = module.table, module.values
    texts = [_written(chance, module, snippet.text, styles) for snippet in module.snippets]
    wrapping = table.get("wrapping", ("", ""))
    versions = [
        _file(table, values, [table["opening"], *_imports(table, module.snippets[:end])], wrapping, texts[:end])
        for end in _growth(chance, len(texts))
    ]
    return Draft.about(f"{values['noun']} handling", _path(module, "modules"), versions)


def _test_draft(chance: Chance, module: _Module, texts: Sequence[str], styles: Iterator[bool]) -> Draft:
    table, values = module.table, module.values
    texts = [_written(chance, module, text, styles) for text in texts]
    wrapping = table.get("test_wrapping", ("", ""))
    versions = [
        _file(table, values, [table["test_opening"]], wrapping, texts[:end]) for end in _growth(chance, len(texts))
    ]
    return Draft.about(f"tests of {values['noun']} handling", _path(module, "tests"), versions)


def _written(chance: Chance, module: _Module, text: str, styles: Iterator[bool]) -> str:
    return fill(annotated(chance, text, styles) if module.language == "python" else text, module.values)


def _path(module: _Module, kind: str) -> str:
    paths: list[str] = module.table[kind]
    return fill(paths[module.layout % len(paths)], module.values)


def _imports(table: Mapping[str, Any], snippets: Sequence[_Snippet]) -> list[str]:
    kinds = {snippet.kind for snippet in snippets}
    needed = [snippet.needs for snippet in snippets if snippet.needs]
    return [*dict.fromkeys(needed), *(text for kind, text in table.get("imports", {}).items() if kind in kinds)]


def _file(
    table: Mapping[str, Any],
    values: Mapping[str, str],
    head: Sequence[str],
    wrapping: Sequence[str],
    texts: Sequence[str],
) -> str:
    opening = "\n".join(fill(part, values) for part in head if part)
    before, after = (fill(part, values) for part in wrapping)
    between: str = table["between"]
    return (opening + between if opening else "") + before + between.join(texts) + after


def _growth(chance: Chance, length: int) -> list[int]:
    """After how many of so many parts a file is committed, the last time whole."""
    places = chance.some(range(1, length), chance.whole(0, min(3, length - 1)))
    return [*sorted(places), length]
