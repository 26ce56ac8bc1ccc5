"""Put together what the artefacts of one project tell: its sprint file through the history, and its files at HEAD."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fedlore.counting import counted
from fedlore.observe.artefacts import kinds
from fedlore.observe.artefacts.items import epic_of, item_of
from fedlore.observe.artefacts.kinds import artefact_kind
from fedlore.observe.artefacts.placing import is_below, is_placed
from fedlore.observe.artefacts.revisions import MOST_REVISIONS, Revision, sprint_revisions
from fedlore.observe.cache import Key
from fedlore.observe.evidence import History, Planning, SourceFile, StatusChange, Story
from fedlore.observe.facts import Facts
from fedlore.observe.references import printable

_Items = dict[tuple[str, str], str]
_Artefact = tuple[bytes, Mapping[str, Any]]
"""A path, and what its reader made of the file."""


def planning_revisions(history: History) -> frozenset[Key]:
    """The versions of sprint files, by blob and kind, that `planning_of` compares."""
    revisions, _ = sprint_revisions(history)
    return frozenset(key for one in revisions for key in (one.old, one.new) if key is not None)


def planning_of(
    files: Sequence[SourceFile], history: History, facts: Mapping[Key, Facts]
) -> tuple[Planning, tuple[str, ...]]:
    """The project's planning, and sentences for its owner about what was not read.

    ``files`` are those at HEAD, ``facts`` what their blobs and those of `planning_revisions` hold (`read_artefact`).
    Where several folders hold a sprint file, the items of all but one have their folder's path and a colon before them:
    the one is where the configuration keeps its artefacts, else the one with the most items.
    """
    found: defaultdict[str, list[_Artefact]] = defaultdict(list)
    for file in files:
        kind = artefact_kind(file.path)
        fact = facts.get((file.blob, kind)) if kind else None
        if fact is not None and fact.artefact:
            found[kind].append((file.path, fact.artefact))
    configured = [folder for _, one in sorted(found[kinds.CONFIGURATION]) for folder in one.get("folders", ())]
    placed = {kind: [one for one in some if is_placed(one[0], kind, configured)] for kind, some in found.items()}
    boards = _boards(placed.get(kinds.SPRINT, []), configured)
    revisions, beyond = sprint_revisions(history)
    specified = list(_specified(placed.get(kinds.SPECIFICATION, [])))
    planning = Planning(
        changes=tuple(_changes(revisions, facts, boards)),
        states={key: state for path, one in placed.get(kinds.SPRINT, []) for key, state in _items(one, boards, path)},
        stories=tuple(_stories(placed.get(kinds.STORY, []), boards, {name for name, _ in specified})),
        verdicts=_verdicts(placed.get(kinds.RETROSPECTIVE, []), boards),
        documents=_documents(placed, len(specified)),
    )
    notes = (f"Not read: {counted(beyond, 'older changes of sprint files')}; only the newest {MOST_REVISIONS:,} are.",)
    return planning, notes if beyond else ()


def _boards(sprints: Iterable[_Artefact], configured: Sequence[str]) -> dict[bytes, str]:
    """The folders that hold a sprint file at HEAD, and what their items have before them."""
    sizes: Counter[bytes] = Counter()
    for path, one in sprints:
        sizes[_folder(path)] += len(one.get("items", ()))
    order = sorted(sizes, key=lambda folder: (not _is_kept(folder, configured), -sizes[folder], folder))
    names = (printable(folder.decode(errors="replace")) for folder in order)
    return {
        folder: f"{name}: " if number else "" for number, (folder, name) in enumerate(zip(order, names, strict=True))
    }


def _is_kept(folder: bytes, configured: Sequence[str]) -> bool:
    return any(kept and is_below(folder + b"/", kept) for kept in configured)


def _items(
    artefact: Mapping[str, Any], boards: Mapping[bytes, str], path: bytes
) -> Iterator[tuple[tuple[str, str], str]]:
    """Kind and item, and its state; a folder that holds no sprint file any more is where the first one comes from."""
    before = boards.get(_folder(path), "")
    for kind, item, state in artefact.get("items", ()):
        yield (kind, before + item), state


def _changes(
    revisions: Sequence[Revision], facts: Mapping[Key, Facts], boards: Mapping[bytes, str]
) -> Iterator[StatusChange]:
    """The changes of states that the changes of files make, without those to a state that the item is in already.

    A change is what differs between the version that a commit replaced and the one that it made, so that branches that
    run side by side do not undo one another. A version that was not read changes nothing. What was there at a shallow
    cut changes nothing either, nor do the stories of an epic that was: nobody knows which way they had come.
    """
    known: _Items = {}
    begun = {
        key
        for revision in revisions
        if revision.at_cut and revision.new is not None and revision.new in facts
        for key, _ in _items(facts[revision.new].artefact, boards, revision.path)
    }
    epics = {item for kind, item in begun if kind == "epic"}
    for revision in revisions:
        if revision.new is None or revision.new not in facts:
            continue
        before = facts.get(revision.old) if revision.old is not None else None
        old = dict(_items(before.artefact, boards, revision.path)) if before is not None else {}
        for key, state in _items(facts[revision.new].artefact, boards, revision.path):
            is_begun = key in begun or (key[0] == "story" and epic_of(key[1], epics) in epics)
            if not is_begun and old.get(key) != state and known.get(key) != state:
                known[key] = state
                yield StatusChange(key[1], key[0], revision.time, state)


def _stories(artefacts: Iterable[_Artefact], boards: Mapping[bytes, str], specified: set[str]) -> Iterator[Story]:
    """The story files that say something of a story, in the order of their paths."""
    for path, one in sorted(artefacts, key=lambda artefact: artefact[0]):
        if not (one.get("status") or one.get("criteria") or one.get("tasks")):
            continue
        yield Story(
            _story_item(path, str(one.get("item", "")), boards, specified),
            path,
            one.get("status", ""),
            one.get("points"),
            bool(one.get("criteria")),
            one.get("tasks_done", 0),
            one.get("tasks", 0),
        )


def _story_item(path: bytes, title: str, boards: Mapping[bytes, str], specified: set[str]) -> str:
    """The item of a story file: by its name, else by its title; in a specification folder with that folder's name."""
    stem = path.rpartition(b"/")[2].rpartition(b".")[0].decode(errors="replace")
    within = f"{_specification(path)}/{stem.partition('-')[0]}"
    if within in specified:
        return within
    kind, name = item_of(stem.removesuffix(".story"))
    number = name if kind == "story" and name[:1].isdigit() and "-" in name else title or name
    return _before(path, boards) + number


def _before(path: bytes, boards: Mapping[bytes, str]) -> str:
    """What stands before the items of the nearest folder above a file that holds a sprint file."""
    folder = _folder(path)
    while folder and folder not in boards:
        folder = _folder(folder)
    return boards.get(folder, "")


def _specified(artefacts: Iterable[_Artefact]) -> Iterator[tuple[str, str]]:
    """The stories of specification folders: folder and number, and state."""
    for path, one in artefacts:
        for item, state in one.get("stories", ()):
            yield f"{_folder(path).rpartition(b'/')[2].decode(errors='replace')}/{item}", state


def _specification(path: bytes) -> str:
    """The name of the specification folder that a story file lies in: the one above ``stories``."""
    return _folder(_folder(path)).rpartition(b"/")[2].decode(errors="replace")


def _verdicts(artefacts: Iterable[_Artefact], boards: Mapping[bytes, str]) -> dict[str, str]:
    """The last verdict on each epic (by date, then by path); ``""`` where a retrospective gives none."""
    verdicts: dict[str, str] = {}
    for path, one in sorted(artefacts, key=lambda artefact: (artefact[1].get("date", ""), artefact[0])):
        stem = path.rpartition(b"/")[2].decode(errors="replace")
        kind, name = item_of(stem[stem.find("epic") :])
        epic = name if kind == "epic" else one.get("epic", "")
        if epic:
            key = _before(path, boards) + epic
            verdicts[key] = one.get("verdict", "") or verdicts.get(key, "")
    return verdicts


def _documents(placed: Mapping[str, Sequence[_Artefact]], specified: int) -> dict[str, int]:
    """How many documents of each kind there are, and how much those that count something count."""
    counted = {
        "prd": len(placed.get(kinds.REQUIREMENTS, ())),
        "functional requirements": _sum(placed, kinds.REQUIREMENTS, "functional"),
        "architecture": len(placed.get(kinds.ARCHITECTURE, ())),
        "decisions": _sum(placed, kinds.ARCHITECTURE, "decisions"),
        "decisions with alternatives": _sum(placed, kinds.ARCHITECTURE, "with_alternatives"),
        "epics": len(placed.get(kinds.EPICS, ())),
        "planned epics": _sum(placed, kinds.EPICS, "epics"),
        "planned stories": _sum(placed, kinds.EPICS, "stories"),
        "retrospectives": len(placed.get(kinds.RETROSPECTIVE, ())),
        "specification": len(placed.get(kinds.SPECIFICATION, ())),
        "specified stories": specified,
    }
    return {name: number for name, number in counted.items() if number}


def _sum(placed: Mapping[str, Sequence[_Artefact]], kind: str, name: str) -> int:
    return sum(int(one.get(name, 0)) for _, one in placed.get(kind, ()))


def _folder(path: bytes) -> bytes:
    return path.rpartition(b"/")[0]
