"""The only thread that writes. It writes queued jobs in one transaction, and each caller resumes after the commit."""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from k8sconsole.errors import StoreError
from k8sconsole.store.sqlite.file.connections import CacheFile
from k8sconsole.store.sqlite.file.deleted import RESTORED, file_identity, open_replacement, restore_file
from k8sconsole.store.sqlite.file.errors import unwritable_error

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]

_LARGEST_TRANSACTION = 4000
"""Rows. Beyond some thousands a longer transaction gains nothing and delays other processes' writers."""


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work
    weight: int
    done: "Future[Any]"


class WriterThread:
    """Both callbacks run on the writer's thread.

    on_rollback: called after a rollback, so that caches of what the transaction wrote can be cleared.
    on_restored: called with a sentence for the person when the deleted file has been restored.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        file: CacheFile,
        on_rollback: Callable[[], None],
        on_restored: Callable[[str], None],
    ) -> None:
        self._connection = connection
        self._file = file
        self._identity = file_identity(file.path)
        self._on_rollback = on_rollback
        self._on_restored = on_restored
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[sqlite3.Connection], T], weight: int = 1) -> T:
        """Runs ``work`` within a transaction and returns its result after the commit.

        weight: about how many rows it writes. Work that has started is finished even if its caller is cancelled. Raises StoreError.
        """
        return await asyncio.wrap_future(self._submit(work, weight))

    def flush(self) -> None:
        """Blocks until every queued job is written and the file exists under its name. Raises StoreError."""
        self._submit(lambda connection: None, 1).result()

    def close(self) -> None:
        """Blocks until every queued job is written."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._thread.join()
        self._connection.close()

    def _submit(self, work: Callable[[sqlite3.Connection], T], weight: int) -> "Future[T]":
        done: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise StoreError("the cache is closed")
            self._jobs.put(_Job(work, weight, done))
        return done

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            group, is_last = self._take_group(job)
            self._commit(group)
            if is_last:
                return

    def _take_group(self, first: _Job) -> tuple[list[_Job], bool]:
        """The jobs of one transaction, and whether the thread ends after them."""
        group, weight = [first], first.weight
        while weight < _LARGEST_TRANSACTION:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return group, True
            group.append(job)
            weight += job.weight
        return group, False

    def _commit(self, group: list[_Job]) -> None:
        jobs = [job for job in group if job.done.set_running_or_notify_cancel()]
        try:
            self._reopen_moved_file()
            self._file.wait_for_lock(lambda: self._connection.execute("BEGIN IMMEDIATE"))
            finished = [(job, self._run_job(job)) for job in jobs]
            self._connection.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001 - the error belongs to the callers, and this thread must go on
            self._fail_group(jobs, error)
            return
        for job, (result, problem) in finished:
            if problem is None:
                job.done.set_result(result)
            else:
                job.done.set_exception(problem)

    def _reopen_moved_file(self) -> None:
        """Ensures that the next process which opens the path finds what is written now."""
        if file_identity(self._file.path) == self._identity:
            return
        deleted = file_identity(self._file.path) is None
        if deleted:
            restore_file(self._connection, self._file)
        connection = open_replacement(self._file)
        if connection is None:
            return
        self._connection.close()
        self._connection, self._identity = connection, file_identity(self._file.path)
        self._on_rollback()
        if deleted:
            self._on_restored(RESTORED)

    def _run_job(self, job: _Job) -> tuple[Any, BaseException | None]:
        """Runs one job in its own savepoint, so that its failure does not affect the others. An error that has ended the transaction is
        raised."""
        self._connection.execute("SAVEPOINT job")
        try:
            result = job.work(self._connection)
        except Exception as error:
            if not self._connection.in_transaction:
                raise
            self._connection.execute("ROLLBACK TO job")
            self._connection.execute("RELEASE job")
            self._on_rollback()
            return None, self._translate_error(error)
        self._connection.execute("RELEASE job")
        return result, None

    def _fail_group(self, group: list[_Job], error: BaseException) -> None:
        with contextlib.suppress(*self._file.errors):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        self._on_rollback()
        problem = self._translate_error(error)
        for job in group:
            job.done.set_exception(problem)

    def _translate_error(self, error: BaseException) -> BaseException:
        if isinstance(error, OSError):
            return unwritable_error(self._file.path, error)
        if not isinstance(error, self._file.errors):
            return error
        problem = self._file.handle_error(error)
        problem.__cause__ = error
        return problem
