"""Grades status words and rows as good, warning, bad and so on."""

import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from k8sconsole.model.objects import Cell

if TYPE_CHECKING:
    from k8sconsole.model.tables.kind import KindTable


class Health(StrEnum):
    """A grade; each has its own glyph. MOVING: in progress. DONE: completed. GOING: being deleted. PLAIN: nothing to grade."""

    GOOD = "good"
    MOVING = "moving"
    WARN = "warn"
    BAD = "bad"
    DONE = "done"
    GOING = "going"
    PLAIN = "plain"


_WORDS = {
    Health.GOOD: "Running Ready Active Bound Available Healthy Approved Established True Synced Issued Scheduled Deployed "
    "Valid Accepted allocated Attached",
    Health.MOVING: "Pending ContainerCreating PodInitializing Progressing SchedulingGated Released Creating Updating Waiting "
    "FailureTarget SuccessCriteriaMet Reconciling pending InProgress Provisioning",
    Health.WARN: "Warning SchedulingDisabled Suspended Unknown Degraded NotReady Lost Stale Paused Missing",
    Health.BAD: "Failed Error Evicted OOMKilled CrashLoopBackOff ImagePullBackOff InvalidImageName NodeLost NodeAffinity "
    "OutOfcpu OutOfmemory OutOfpods Unhealthy Denied StartError ContainerStatusUnknown DeadlineExceeded Shutdown Unschedulable "
    "NodeShutdown UnexpectedAdmissionError Preempting Terminated False Unavailable",
    Health.DONE: "Completed Complete Succeeded Finished",
    Health.GOING: "Terminating deleted",
}
_BY_WORD = {word: grade for grade, words in _WORDS.items() for word in words.split()}
_FRACTION = re.compile(r"\d+/\d+")
_BROKEN = re.compile(r"(?i)error|fail|backoff|invalid|^err|cannot|denied|exitcode:|signal:")
PRESSURES = frozenset({"MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"})
"""The conditions of a node that Kubernetes defines beside Ready; True is bad."""
_JUDGED: dict[str, Callable[[str], bool]] = {"pods": bool, "nodes": PRESSURES.__contains__}
"""Which parts of the column CONDITIONS make a row of a kind worse than its status word."""
_ORDER = (Health.BAD, Health.GOING, Health.WARN, Health.MOVING, Health.PLAIN, Health.DONE, Health.GOOD)


@lru_cache(maxsize=4096)
def grade_status(word: str) -> Health:
    """The grade of a status word; of several (``Ready,SchedulingDisabled``) the worst. ``NotReady,…`` of a node is BAD."""
    if "," in word:
        grades = [grade_status(part) for part in word.split(",")]
        return Health.BAD if word.startswith("NotReady") else min(grades, key=_ORDER.index)
    stage = word.removeprefix("Init:")
    if _FRACTION.fullmatch(stage):
        return Health.MOVING
    known = _BY_WORD.get(stage)
    if known is not None:
        return known
    return Health.BAD if _BROKEN.search(stage) else Health.PLAIN


def grade_row(table: "KindTable", cells: Sequence[Cell]) -> Health:
    """The grade of a row: that of its status word, lowered to WARN while fewer replicas are ready than desired, or a condition is bad."""
    status, ready = table.index("STATUS"), table.index("READY")
    word = cells[status] if status is not None and status < len(cells) else None
    grade = grade_status(word) if isinstance(word, str) else Health.PLAIN
    share = cells[ready] if ready is not None and ready < len(cells) else None
    if grade not in (Health.GOOD, Health.PLAIN):
        return grade
    match share:
        case [int() as have, int() as want]:
            grade = Health.GOOD if have >= want else Health.WARN
    return Health.WARN if _contradicts(table, cells) else grade


def _contradicts(table: "KindTable", cells: Sequence[Cell]) -> bool:
    """Whether conditions contradict a good status word: a running pod that is not ready, a ready node under pressure.

    Conditions of add-ons do not count: nothing says whether True or False is their good state.
    """
    judged = _JUDGED.get(table.resource)
    at = table.index("CONDITIONS") if judged is not None else None
    text = cells[at] if at is not None and at < len(cells) else None
    return isinstance(text, str) and judged is not None and any(judged(part) for part in text.split(","))
