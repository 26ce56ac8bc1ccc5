"""Numbers of things in words: one commit, two commits."""

from __future__ import annotations

import re

_AFTER_THE_NOUN = re.compile("of|in|by|with|without|that|who|which|from|to|between|for|on|at|per|before|after|or")
_NO_PLURAL = re.compile(".*(?:ss|us|'s)|its|this|was|has|does|is")
_VERB = re.compile(
    "admit|announce|are|ask|change|compare|correct|depend|differ|disagree|do|follow|have|hold|import|keep|leave|name"
    "|pass|reach|release|share|stand|start|take|tell|touch|were"
)
_THIRD_PERSON = {"are": "is", "were": "was", "have": "has", "do": "does", "pass": "passes"}
_SIBILANTS = ("sses", "shes", "ches", "xes")


def counted(number: str, things: str) -> str:
    """A number as printed, with what it counts in the plural: ``3 commits``, but ``1 commit``."""
    return f"{number} {one_of(things) if number == '1' else things}".rstrip()


def one_of(things: str) -> str:
    """What counts things, for one of them: ``files that are kept`` becomes ``file that is kept``."""
    words = things.split(" ")
    for index, word in enumerate(words):
        if _AFTER_THE_NOUN.fullmatch(word):
            break
        if (single := _single(word)) != word:
            rest = words[index + 1 :]
            if len(rest) > 1 and rest[0] in {"that", "who"} and _VERB.fullmatch(rest[1]):
                rest[1] = _third_person(rest[1])
            return " ".join([*words[:index], single, *rest])
    return things


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
