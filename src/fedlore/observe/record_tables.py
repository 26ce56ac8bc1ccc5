"""Commits and stories as rows of bounded columns, for synthetic tables; the columns are fixed here, for every project.

The unit is the record: neighbouring tables differ in one commit or one story. That protects a commit, not a project.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fedlore.observe.artefacts.states import BLOCKED, DEFERRED, DROPPED, OTHER, STATES
from fedlore.observe.evidence import History, Said, Story
from fedlore.privacy.synthetic.table import Column, Integers, Table

UNIT = "record"
_YES_NO = ("no", "yes")
_FILES = (1, 2, 5, 10, 50)
_SUBJECT = (1, 25, 50, 72)
_COAUTHORS = (1, 2)
_HOURS = (6, 12, 18)
_POINTS = (2.0, 3.0, 5.0, 8.0, 13.0)
_TASKS = (1, 5, 10, 20)
_STATUSES = (*STATES, BLOCKED, DEFERRED, DROPPED, OTHER)
_ABSENT = "absent"

_COMMIT_COLUMNS = (
    *(Column(name, _YES_NO) for name in ("merge", "bot", "agent", "reviewed", "conventional", "corrective", "issue")),
    *(
        Column(name, bands)
        for name, bands in (
            ("files", ("0", "1", "2 to 4", "5 to 9", "10 to 49", "50 or more")),
            ("subject_characters", ("0", "1 to 24", "25 to 49", "50 to 71", "72 or more")),
            ("coauthors", ("0", "1", "2 or more")),
            ("local_hour", ("0 to 5", "6 to 11", "12 to 17", "18 to 23")),
        )
    ),
)
_STORY_COLUMNS = (
    Column("status", _STATUSES),
    Column("criteria", _YES_NO),
    Column("points", ("below 2", "2", "3 to 4", "5 to 7", "8 to 12", "13 or more", _ABSENT)),
    Column("tasks", ("0", "1 to 4", "5 to 9", "10 to 19", "20 or more")),
    Column("tasks_done", ("none", "some", "all")),
)


def commit_table(histories: Sequence[History]) -> Table:
    """A row for each commit of all histories; a commit that several of them share counts once.

    Those at a shallow cut are left out: nobody knows what they changed.
    """
    rows = [_commits(history)[~history.at_cut] for history in histories]
    empty: Integers = np.empty((0, len(_COMMIT_COLUMNS)), dtype=np.int64)
    codes = np.vstack([empty, *rows])
    first: dict[bytes, int] = {}
    for row, commit in enumerate(one for history in histories for one in history.commit[~history.at_cut]):
        first.setdefault(bytes(commit), row)
    return Table(_COMMIT_COLUMNS, codes[list(first.values())])


def story_table(stories: Sequence[Story]) -> Table:
    """A row for each story file at HEAD."""
    codes = [_story(story) for story in stories]
    return Table(_STORY_COLUMNS, np.array(codes, dtype=np.int64).reshape(len(codes), len(_STORY_COLUMNS)))


def _commits(history: History) -> Integers:
    files = np.bincount(history.changed_commit, minlength=history.commits)
    hour = (history.author_time // 60 + history.offset_minutes) // 60 % 24
    columns: list[npt.NDArray[np.bool_] | Integers] = [
        history.parents > 1,
        history.is_bot,
        history.by_agent,
        history.reviewed,
        *((history.said & flag) != 0 for flag in (Said.CONVENTIONAL, Said.CORRECTIVE, Said.ISSUE)),
        *(
            np.searchsorted(edges, values, side="right")
            for edges, values in (
                (_FILES, files),
                (_SUBJECT, history.subject_length),
                (_COAUTHORS, history.coauthors),
                (_HOURS, hour),
            )
        ),
    ]
    return np.stack([np.asarray(column, dtype=np.int64) for column in columns], axis=1)


def _story(story: Story) -> list[int]:
    status = story.status if story.status in _STATUSES else OTHER
    points = len(_POINTS) + 1 if story.points is None else int(np.searchsorted(_POINTS, story.points, side="right"))
    done = 0 if not story.tasks_done else 2 if story.tasks_done >= story.tasks else 1
    tasks = int(np.searchsorted(_TASKS, story.tasks, side="right"))
    return [_STATUSES.index(status), int(story.has_criteria), points, tasks, done]
