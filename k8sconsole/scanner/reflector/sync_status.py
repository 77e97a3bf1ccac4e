"""What is said of one kind: its row in ``cache_metadata``, and the gaps in its history."""

import contextlib
from collections.abc import Sequence
from typing import Any

import msgspec

from k8sconsole.errors import Forbidden, Gone, NotFound, StoreError, Unavailable
from k8sconsole.model.history import Gap
from k8sconsole.model.refs import ApiResource
from k8sconsole.scanner.context import Desk
from k8sconsole.scanner.plan import is_watched
from k8sconsole.scanner.reports import KindReport
from k8sconsole.store.port import ScanState, ScanStatus

_STATE_AT_MOST_EVERY = 5.0
"""Seconds between two notes of a quiet watch's last word: sixty kinds' notes cost one small transaction."""

_LATE = 5.0
"""Seconds: what a watch that broke off delivers later than this after it happened has a time that must not be taken for its own."""

_READ_LATE = "what happened meanwhile was read afterwards and carries the time of reading"
_NOBODY = "nobody was scanning"


class Standing:
    """recorded: how an earlier scan left this kind. Every method may raise StoreError, except ``failed``."""

    def __init__(self, desk: Desk, resource: ApiResource, recorded: ScanState | None) -> None:
        self._desk = desk
        self._resource = resource
        known = recorded or ScanState(desk.cluster, resource.name, ScanStatus.PENDING)
        self.state = msgspec.structs.replace(known, watching=False)
        self._reasons = [_NOBODY] if recorded else []
        self._followed_until = self.state.confirmed_at
        self._resuming = False
        self._unheard: list[tuple[float, float]] = []
        self._recorded_at = float("-inf")

    async def listing(self) -> None:
        await self.record(status=ScanStatus.RUNNING)

    async def listed(self, report: KindReport, began: float, seen_at: float, reached: str) -> None:
        """The rows are what a list that began then has found: how things were at seen_at."""
        await self._close_gap(began)
        await self.record(
            status=ScanStatus.COMPLETED,
            last_scan_at=began,
            confirmed_at=seen_at,
            next_scan_at=began + self._desk.plan.interval(self._resource),
            error="",
            record_count=report.objects,
            resource_version=reached,
            missing=report.missing,
            seconds=report.seconds,
        )
        self._seen(began)

    def resuming(self) -> None:
        """A watch goes on from where the rows stand."""
        self._resuming = True

    def heard_again(self, ended: float) -> None:
        """A watch that ended then, in the midst of plenty, has just been opened again, while what it brought is still being written."""
        self._unheard.append((ended, self._desk.clock.now()))

    def left_well(self) -> None:
        """The watch was ended though nothing was wrong with it: until now it would have said what happened."""
        if not self._resuming:
            self._followed_until = self._desk.clock.now()

    async def vouched(self, at: float, reached: str) -> None:
        """The watch has spoken: the rows are true at that time."""
        if self._resuming and self._followed_until is not None:
            self._unheard.append((self._followed_until, at))
        unheard, self._unheard = self._unheard, []
        for began, ended in unheard:
            if ended - began > _LATE:
                await self._record_gap(began, ended, ", ".join([*self._reasons, _READ_LATE]))
        news = not self.state.watching or bool(self.state.error)
        self._seen(at)
        self.state = msgspec.structs.replace(
            self.state,
            status=ScanStatus.COMPLETED,
            watching=True,
            error="",
            confirmed_at=at,
            next_scan_at=at + self._desk.plan.interval(self._resource),
            resource_version=reached,
        )
        if news or self._desk.clock.monotonic() - self._recorded_at >= _STATE_AT_MOST_EVERY:
            await self.record()

    async def reach(self, reached: str) -> None:
        """Notes how far the rows have come, to be written beside them; ``state`` follows when they are there for certain."""
        await self._desk.store.record_scan(msgspec.structs.replace(self.state, resource_version=reached))

    async def count(self, more: int, reached: str) -> None:
        """So many rows more than before."""
        self.state = msgspec.structs.replace(self.state, resource_version=reached)
        if more:
            await self.record(record_count=self.state.record_count + more)

    async def failed(self, error: Exception, retry_at: float) -> KindReport:
        why = str(error)
        self.remember(error)
        missing = (f"{self._resource.name}: {getattr(error, 'detail', '') or why}",) if isinstance(error, Forbidden) else self.state.missing
        with contextlib.suppress(StoreError):  # a store that cannot be written is what may have failed
            await self.record(status=ScanStatus.FAILED, error=why, missing=missing, watching=False, next_scan_at=retry_at)
        told = "" if isinstance(error, Forbidden) else why  # what is not permitted is missing, and no failure
        return KindReport(self._desk.cluster, self._resource.name, error=told, missing=missing)

    def remember(self, trouble: Exception) -> None:
        """Why nothing is seen now, for the gap that this may become."""
        if (reason := _reason(trouble)) not in self._reasons:
            self._reasons.append(reason)

    async def covering(self, missing: Sequence[str]) -> KindReport:
        """What is read has changed, and with it what is missing."""
        await self.record(missing=tuple(missing))
        return KindReport(self._desk.cluster, self._resource.name, self.state.record_count, missing=self.state.missing)

    async def record(self, **facts: Any) -> None:
        self.state = msgspec.structs.replace(self.state, **facts)
        self._recorded_at = self._desk.clock.monotonic()
        await self._desk.store.record_scan(self.state)

    def _seen(self, at: float) -> None:
        self._followed_until, self._resuming, self._reasons = at, False, []

    async def _close_gap(self, began: float) -> None:
        """What a list finds may have had versions in between that nobody saw. A kind that is only ever listed has none but these."""
        since = self.state.confirmed_at
        regular = not is_watched(self._resource) and since is not None and began - since < 2 * self._desk.plan.interval(self._resource)
        if since is not None and began > since and not regular:
            reason = ", ".join(self._reasons) or "listed anew"
            await self._record_gap(since, began, reason)

    async def _record_gap(self, began: float, ended: float, reason: str) -> None:
        await self._desk.store.record_gap(Gap(self._desk.cluster, self._resource.name, began, ended, reason))


def _reason(error: Exception) -> str:
    if isinstance(error, Gone):
        return "the server no longer knew the version"
    if isinstance(error, Unavailable):
        return "the server was not reachable"
    if isinstance(error, Forbidden):
        return "reading was forbidden"
    if isinstance(error, NotFound):
        return "the server did not serve it"
    return str(getattr(error, "title", "")) or type(error).__name__
