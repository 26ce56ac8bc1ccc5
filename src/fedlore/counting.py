"""Numbers of things in words: one commit, two commits."""

from __future__ import annotations

import re

_AFTER_THE_NOUN = re.compile(
    "of|in|by|with|within|without|that|who|which|from|to|between|for|on|at|per|before|after|or|[0-9].*"
)
_NO_PLURAL = re.compile(".*(?:ss|us|'s)|.*_.*|its|this|was|has|does|is")
_ADVERB = re.compile("also|still|first|only")
_VERB = re.compile(
    "add|admit|announce|are|ask|change|compare|correct|depend|differ|disagree|do|follow|have|hold|import|keep|lead|leave"
    "|lie|name|pass|reach|release|share|stand|start|take|tell|touch|were"
)
_THIRD_PERSON = {"are": "is", "were": "was", "have": "has", "do": "does", "pass": "passes"}
_SIBILANTS = ("sses", "shes", "ches", "xes")


def counted(number: int | str, things: str) -> str:
    """A number (text: as it is to be printed), with what it counts in the plural: ``3 commits``, but ``1 commit``."""
    words = f"{number:,}" if isinstance(number, int) else number
    return f"{words} {one_of(things) if words == '1' else things}".rstrip()


def one_of(things: str) -> str:
    """What counts things, for one of them: ``files that are kept`` becomes ``file that is kept``."""
    words = things.split(" ")
    for index, word in enumerate(words):
        if _AFTER_THE_NOUN.fullmatch(word):
            break
        if (single := _single(word)) != word:
            return " ".join([*words[:index], single, *_agreeing(words[index + 1 :])])
    return things


def _agreeing(rest: list[str]) -> list[str]:
    """What stands after the noun, with the verb of a relative clause in the singular."""
    if not rest or rest[0] not in {"that", "who"}:
        return rest
    verb = next((index for index, word in enumerate(rest) if index and not _ADVERB.fullmatch(word)), 0)
    if not _VERB.fullmatch(rest[verb]):
        return rest
    return [*rest[:verb], _third_person(rest[verb]), *rest[verb + 1 :]]


def _single(word: str) -> str:
    if word == "people":
        return "person"
    if word.endswith("ies"):
        return word.removesuffix("ies") + "y"
    if word.endswith(_SIBILANTS):
        return word.removesuffix("es")
    if _NO_PLURAL.fullmatch(word):
        return word
    return word.removesuffix("s")


def _third_person(verb: str) -> str:
    return _THIRD_PERSON.get(verb) or verb + ("es" if verb.endswith(("ch", "sh")) else "s")
