"""How many objects of each kind kubectl finds, and a comparison that allows for objects that come and go."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from tests.control_plane.offered import OfferedCluster

Counts = dict[str, int]

AT_ONCE = 3
ATTEMPTS = 3
SHOWN_TWICE = {"events.events.k8s.io": "events"}
"""Kinds that are another name for the same objects in the same store: reading both would count every event twice."""


def kinds(offered: OfferedCluster) -> list[str]:
    return sorted(set(offered.kubectl("api-resources", "--verbs=list", "-o", "name").split()) - set(SHOWN_TWICE))


def counts(offered: OfferedCluster, wanted: Iterable[str]) -> Counts:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = list(wanted)
        names = pool.map(lambda kind: offered.kubectl("get", kind, "-A", "-o", "name", "--ignore-not-found"), asked)
        return {kind: len(found.split()) for kind, found in zip(asked, names, strict=True)}


def differences(offered: OfferedCluster, scanned: Callable[[], Counts]) -> dict[str, tuple[int, int, int]]:
    """Kinds of which a scan counts what kubectl counts neither before nor after it, nor in between: before, scanned, after.

    Where something comes and something goes within one look, the three need not be in order; so what differs is looked at again, and
    only what differs each time is returned. A scanner that is wrong is wrong each time.
    """
    every = kinds(offered)
    found: dict[str, tuple[int, int, int]] = {}
    for _ in range(ATTEMPTS):
        before, ours = counts(offered, every), scanned()
        assert sorted(ours) == every
        moved = [kind for kind in every if ours[kind] != before[kind]]
        after = counts(offered, moved)
        found = {kind: (before[kind], ours[kind], after[kind]) for kind in moved if not _between(before[kind], ours[kind], after[kind])}
        if not found:
            break
    return found


def _between(before: int, scanned: int, after: int) -> bool:
    return min(before, after) <= scanned <= max(before, after)
