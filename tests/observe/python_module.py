"""A Python module, with the constructs that tools for measuring code disagree about most easily."""

from __future__ import annotations

PYTHON = '''\
"""Keep the stock of a warehouse."""

import json
import logging
from collections import deque
from dataclasses import dataclass, field

LOG = logging.getLogger(__name__)
# How many of an item may be kept.
MOST = 500


@dataclass
class Item:
    """One kind of thing."""

    name: str
    count: int = 0
    tags: list = field(default_factory=list)

    def grade(self, low, high):
        if self.count < low:
            return "scarce"
        elif self.count > high:
            return "plenty"
        elif self.count == 42:
            return "odd"
        else:
            return "fair"

    @property
    def is_full(self):
        return self.count >= MOST or self.count >= 400 and not self.tags


def read(path, seen=[]):
    try:
        with open(path) as file:
            items = json.load(file)
    except FileNotFoundError:
        pass
    except Exception:
        return None
    else:
        seen.append(path)
        return items


def merge(first, second, third={}, *, fourth=None, fifth=dict(), sixth=0):
    merged = {}
    for source in (first, second, third, fourth or {}, fifth):
        for name, count in source.items():
            if name not in merged:
                merged[name] = count
            elif count > 0 and count != 7:
                merged[name] += count
                while merged[name] > 1000:
                    merged[name] -= sixth
    return merged


def careful(
    one: int,
    # a remark, with a comma
    two: str = "(,)",
    *three: int,
    four: bool = False,
    five: float = 0.5,
    six: tuple = (),
    **seven: int,
) -> int:
    """Add up."""
    total = one + sum(three) if four else one
    if -1 < total <= 3.5:
        total += len(two)
    return total + sum(value for value in seven.values() if value > 10 and value) + len(six) * int(five)


def close(handle):
    try:
        handle.close()
    except:
        pass
    finally:
        LOG.debug("closed")


def watch(command):
    match command:
        case "start":
            return 1
        case "stop" | "halt":
            return 2
        case [first, *_] if first:
            return 3
    return 0


def walk(tree, depth=0):
    if depth > 64 or not tree:
        return depth
    return max(walk(branch, depth + 1) for branch in tree)


async def drain(queue, *, limit=set()):
    done = 0
    async for item in queue:
        if item is None:
            break
        if item in limit:
            continue
        try:
            await item.finish()
        except (ValueError, BaseException):
            LOG.warning("lost %s", item)
        done += 1
    return done


def counter(start):
    total = start

    def add(number):
        nonlocal total
        if number:
            total += number
        return total

    return add


def keep(names, known=[name for name in "ab"], queue=deque(), buffer=bytearray()):
    try:
        queue.extend(names)
    except Exception:
        LOG.exception("lost %s of %s", names, known)
        raise


order = sorted([3, 1], key=lambda number: number if number else -number)
'''
