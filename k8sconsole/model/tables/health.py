"""Is this good? One grade for every status word, and one for a whole row."""

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from k8sconsole.model.objects import Cell

if TYPE_CHECKING:
    from k8sconsole.model.tables.kind import KindTable


class Health(StrEnum):
    """What a glyph stands for. PLAIN: there is nothing to grade."""

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
_ORDER = (Health.BAD, Health.GOING, Health.WARN, Health.MOVING, Health.PLAIN, Health.DONE, Health.GOOD)


@lru_cache(maxsize=4096)
def grade_status(word: str) -> Health:
    """The grade of a status word; of several (``Ready,SchedulingDisabled``) the worst. A node that is not ready is broken."""
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
    """The grade of a row: its status word's, held back while not everything that is wanted is ready."""
    status, ready = table.index("STATUS"), table.index("READY")
    word = cells[status] if status is not None and status < len(cells) else None
    grade = grade_status(word) if isinstance(word, str) else Health.PLAIN
    share = cells[ready] if ready is not None and ready < len(cells) else None
    if grade not in (Health.GOOD, Health.PLAIN):
        return grade
    match share:
        case [int() as have, int() as want]:
            return Health.GOOD if have >= want else Health.WARN
    return grade
