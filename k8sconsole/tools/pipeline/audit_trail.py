"""Audit entries and figures on their way to the store. Recording is immediate; a background task writes in batches."""

import asyncio
import logging
from collections import deque
from typing import Any

from k8sconsole.errors import ConsoleError
from k8sconsole.model.cache_records import AuditEntry
from k8sconsole.store.port import Store
from k8sconsole.telemetry.logs import log_fields

log = logging.getLogger("k8sconsole.audit")

MOST_PENDING = 20_000
Figure = tuple[float, str, float]


class AuditTrail:
    """Not thread-safe: use it from one event loop. Without a store, entries go to the log, so that every call leaves a trace."""

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._entries: deque[AuditEntry] = deque(maxlen=MOST_PENDING)
        self._figures: deque[Figure] = deque(maxlen=MOST_PENDING)
        self._writer: asyncio.Task[None] | None = None
        self._writing = 0

    @property
    def backlog(self) -> int:
        """Entries that are not in the store yet."""
        return len(self._entries) + self._writing

    def record_entry(self, entry: AuditEntry) -> None:
        if self._store is None:
            log.info("call", extra=_entry_fields(entry))
            return
        self._entries.append(entry)
        self._start_writer()

    def record_figure(self, at: float, name: str, value: float) -> None:
        """A measured value for the indicators, as in ``Store.audit.record_figures``. at: epoch seconds."""
        if self._store is not None:
            self._figures.append((at, name, value))
            self._start_writer()

    async def flush(self) -> None:
        """Return once everything recorded so far was passed to the store."""
        while self._writer is not None and not self._writer.done():
            await asyncio.shield(self._writer)

    def _start_writer(self) -> None:
        if self._writer is None or self._writer.done():
            self._writer = asyncio.get_running_loop().create_task(self._write(), name="audit")

    async def _write(self) -> None:
        store = self._store
        while store is not None and (self._entries or self._figures):
            entries, figures = list(self._entries), list(self._figures)
            self._entries.clear()
            self._figures.clear()
            self._writing = len(entries)
            try:
                await store.audit.record_calls(entries)
                if figures:
                    await store.audit.record_figures(figures)
            except ConsoleError as problem:
                # A full disk must not fail the calls themselves. The log keeps the entries that the table could not take.
                for entry in entries:
                    log.error("audit not stored: %s", problem, extra=_entry_fields(entry))
            finally:
                self._writing = 0


def _entry_fields(entry: AuditEntry) -> dict[str, Any]:
    more: dict[str, Any] = {
        "request_id": entry.request_id,
        "caller": entry.caller,
        "face": entry.face,
        "phase": entry.phase,
        "outcome": entry.outcome,
    }
    return log_fields(entry.tool, duration_ms=entry.duration_ms, error=entry.error, **more)
