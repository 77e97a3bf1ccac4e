"""Records how far one kind is in sync: its row in ``cache_metadata``, and the gaps in its history."""

import contextlib
from collections.abc import Sequence
from typing import Any

import msgspec

from k8sconsole.errors import Forbidden, Gone, NotFound, StoreError, Unavailable
from k8sconsole.model.history import Gap
from k8sconsole.model.refs import ApiResource
from k8sconsole.scanner.context import KindReport, ScanContext
from k8sconsole.scanner.plan import is_watched
from k8sconsole.scanner.reflector.lister import ListOutcome
from k8sconsole.store.port import ScanState, ScanStatus

_RECORD_AT_MOST_EVERY = 5.0
"""Seconds between two writes of a quiet watch's state. At this rate the states of sixty kinds cost one small transaction."""

_LATE = 5.0
"""Seconds. Events that a resumed watch delivers later than this have the time of reading, and not the time of the change."""

_READ_LATE = "changes in this time were read later and carry the time of reading"
_NOT_SCANNING = "no process was scanning"


class SyncStatus:
    """The sync status of one kind. recorded: the state that an earlier scan left.

    Every method may raise StoreError, except ``record_failure``.
    """

    def __init__(self, context: ScanContext, resource: ApiResource, recorded: ScanState | None) -> None:
        self._context = context
        self._resource = resource
        known = recorded or ScanState(context.cluster, resource.name, ScanStatus.PENDING)
        self.state = msgspec.structs.replace(known, watching=False, poll_interval=0.0)
        self._gap_reasons = [_NOT_SCANNING] if recorded else []
        self._watched_until = self.state.confirmed_at
        self._is_resuming = False
        self._poll_interval: float | None = None
        self._interruptions: list[tuple[float, float]] = []
        self._recorded_at = float("-inf")

    async def record_list_started(self) -> None:
        await self.record(status=ScanStatus.RUNNING)

    async def record_list_finished(self, found: ListOutcome, cursor: str, namespaces: tuple[str, ...]) -> None:
        """The rows are what the list found. namespaces: those that it covers; empty for the whole cluster."""
        report, started_at = found.report, found.started_at
        await self._record_gap_before(started_at)
        await self.record(
            status=ScanStatus.COMPLETED,
            last_scan_at=started_at,
            confirmed_at=found.observed_at,
            next_scan_at=started_at + self._context.plan.interval(self._resource),
            error="",
            record_count=report.objects,
            resource_version=cursor,
            missing=report.missing,
            seconds=report.seconds,
            namespaces=namespaces,
        )
        self._mark_in_sync(started_at)

    async def record_in_turns(self, next_at: float, interval: float) -> None:
        """The kind is watched in turns now, every ``interval`` seconds."""
        await self.record(watching=False, next_scan_at=next_at, poll_interval=interval)

    def mark_resuming(self, poll_interval: float | None) -> None:
        """A watch resumes from the cursor. poll_interval: seconds between two turns of a kind that is watched in turns."""
        self._is_resuming = True
        self._poll_interval = poll_interval

    def mark_reconnected(self, ended_at: float) -> None:
        """A watch that ended at that time was opened again, while its earlier events are still being written."""
        self._interruptions.append((ended_at, self._context.clock.now()))

    def mark_exited_cleanly(self) -> None:
        """The watch was ended without a failure: it has delivered every change until now."""
        if not self._is_resuming:
            self._watched_until = self._context.clock.now()

    async def record_stopped(self) -> None:
        """The kind is no longer watched. A watch that was current has delivered every change until now."""
        is_current = self.state.watching and not self._is_resuming
        confirmed = self._context.clock.now() if is_current else self.state.confirmed_at
        await self.record(watching=False, poll_interval=0.0, confirmed_at=confirmed)

    async def mark_current(self, at: float, cursor: str, changed: bool) -> None:
        """A watch has delivered something: the rows were true at ``at``. changed: whether it delivered changes.

        A resumed watch without changes leaves no gap: the kind stayed as it was all the time.
        """
        if self._is_resuming and self._watched_until is not None and changed:
            self._interruptions.append((self._watched_until, at))
        interruptions, self._interruptions = self._interruptions, []
        for began, ended in interruptions:
            if ended - began > _LATE:
                await self._record_gap(began, ended, ", ".join([*self._gap_reasons, _READ_LATE]))
        polled = self._poll_interval is not None
        is_news = self.state.watching is polled or bool(self.state.error)
        self._mark_in_sync(at)
        self.state = msgspec.structs.replace(
            self.state,
            status=ScanStatus.COMPLETED,
            watching=not polled,
            poll_interval=self._poll_interval or 0.0,
            error="",
            confirmed_at=at,
            next_scan_at=at + (self._poll_interval or self._context.plan.interval(self._resource)),
            resource_version=cursor,
        )
        if is_news or self._context.clock.monotonic() - self._recorded_at >= _RECORD_AT_MOST_EVERY:
            await self.record()

    async def record_cursor(self, cursor: str) -> None:
        """Writes the cursor together with the rows that it covers. ``state`` follows once these rows are committed."""
        await self._context.store.metadata.record_scan(msgspec.structs.replace(self.state, resource_version=cursor))

    async def add_to_count(self, difference: int, cursor: str) -> None:
        self.state = msgspec.structs.replace(self.state, resource_version=cursor)
        if difference:
            await self.record(record_count=self.state.record_count + difference)

    async def record_failure(self, error: Exception, retry_at: float) -> KindReport:
        """A forbidden kind is reported as missing, and not as an error. Raises nothing."""
        text = str(error)
        self.add_gap_reason(error)
        missing = (
            (f"{self._resource.name}: {getattr(error, 'detail', '') or text}",) if isinstance(error, Forbidden) else self.state.missing
        )
        with contextlib.suppress(StoreError):  # the store itself may be what failed
            await self.record(
                status=ScanStatus.FAILED, error=text, missing=missing, watching=False, poll_interval=0.0, next_scan_at=retry_at
            )
        reported = "" if isinstance(error, Forbidden) else text
        return KindReport(self._context.cluster, self._resource.name, error=reported, missing=missing)

    def add_gap_reason(self, error: Exception) -> None:
        """Keeps the reason for the gap that may follow."""
        if (reason := _gap_reason(error)) not in self._gap_reasons:
            self._gap_reasons.append(reason)

    async def record_missing(self, missing: Sequence[str], namespaces: tuple[str, ...]) -> KindReport:
        """The set of readable namespaces has changed: ``missing`` says what is not read now, ``namespaces`` is what is."""
        await self.record(missing=tuple(missing), namespaces=namespaces)
        return KindReport(self._context.cluster, self._resource.name, self.state.record_count, missing=self.state.missing)

    async def record(self, **fields: Any) -> None:
        """Changes fields of the state and writes it."""
        self.state = msgspec.structs.replace(self.state, **fields)
        self._recorded_at = self._context.clock.monotonic()
        await self._context.store.metadata.record_scan(self.state)

    def _mark_in_sync(self, at: float) -> None:
        self._watched_until, self._is_resuming, self._gap_reasons = at, False, []

    async def _record_gap_before(self, list_started_at: float) -> None:
        """Records a gap, because objects may have had versions between the last confirmation and this list.

        A kind that cannot be watched has such a gap before every list, so its regular lists record none.
        """
        since = self.state.confirmed_at
        if since is None or list_started_at <= since:
            return
        is_regular_list = not is_watched(self._resource) and list_started_at - since < 2 * self._context.plan.interval(self._resource)
        if not is_regular_list:
            await self._record_gap(since, list_started_at, ", ".join(self._gap_reasons) or "listed again")

    async def _record_gap(self, began: float, ended: float, reason: str) -> None:
        await self._context.store.history.record_gap(Gap(self._context.cluster, self._resource.name, began, ended, reason))


def _gap_reason(error: Exception) -> str:
    if isinstance(error, Gone):
        return "the server no longer had the resourceVersion"
    if isinstance(error, Unavailable):
        return "the server was unreachable"
    if isinstance(error, Forbidden):
        return "reading was forbidden"
    if isinstance(error, NotFound):
        return "the server did not serve this kind"
    return str(getattr(error, "title", "")) or type(error).__name__
