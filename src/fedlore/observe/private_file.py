"""Files that nobody but their owner may read or write, whoever made them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def open_own(path: Path) -> int | None:
    """A descriptor for reading a regular file of this user's, closed to all others first; None if it is not one.

    Never waits on a pipe and follows no link. Raises `OSError` if there is no such file, or it cannot be opened or
    closed to others.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        status = os.fstat(descriptor)
        own = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()
        if own and status.st_mode & _OTHERS:
            os.fchmod(descriptor, stat.S_IRUSR | stat.S_IWUSR)
    except OSError:
        os.close(descriptor)
        raise
    if own:
        return descriptor
    os.close(descriptor)
    return None
