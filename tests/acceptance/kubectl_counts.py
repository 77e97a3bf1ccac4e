"""How many objects of each kind kubectl finds, and a comparison that allows for objects that come and go."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from tests.control_plane.offered import OfferedCluster

Counts = dict[str, int]

PARALLEL = 3
ATTEMPTS = 3
ALIASES = {"events.events.k8s.io": "events"}
"""Kinds that serve the objects of another kind. Counting both would count every event twice."""


def list_kinds(offered: OfferedCluster) -> list[str]:
    return sorted(set(offered.kubectl("api-resources", "--verbs=list", "-o", "name").split()) - set(ALIASES))


def count_objects(offered: OfferedCluster, kinds: Iterable[str]) -> Counts:
    with ThreadPoolExecutor(PARALLEL) as pool:
        listed = list(kinds)
        names = pool.map(lambda kind: offered.kubectl("get", kind, "-A", "-o", "name", "--ignore-not-found"), listed)
        return {kind: len(found.split()) for kind, found in zip(listed, names, strict=True)}


def find_differences(offered: OfferedCluster, scanned: Callable[[], Counts]) -> dict[str, tuple[int, int, int]]:
    """Kinds whose scanned count is not between kubectl's counts before and after the scan, as (before, scanned, after).

    Where something comes and something goes within one look, the three need not be in order; so what differs is looked at again, and
    only what differs each time is returned. A scanner that is wrong is wrong each time.
    """
    every = list_kinds(offered)
    found: dict[str, tuple[int, int, int]] = {}
    for _ in range(ATTEMPTS):
        before, ours = count_objects(offered, every), scanned()
        assert sorted(ours) == every
        changed = [kind for kind in every if ours[kind] != before[kind]]
        after = count_objects(offered, changed)
        found = {kind: (before[kind], ours[kind], after[kind]) for kind in changed if not _between(before[kind], ours[kind], after[kind])}
        if not found:
            break
    return found


def _between(before: int, scanned: int, after: int) -> bool:
    return min(before, after) <= scanned <= max(before, after)
