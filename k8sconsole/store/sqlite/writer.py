"""The one thread that writes. What waits in its queue is written in one transaction, and each caller hears of it after the commit."""

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
from k8sconsole.store.sqlite.file.deleted import PUT_BACK, identity, moved_to, put_back
from k8sconsole.store.sqlite.file.errors import unwritable

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]

_LARGEST_TRANSACTION = 4000
"""Rows: beyond some thousands a longer transaction gains nothing and holds up other processes' writers."""


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work
    weight: int
    done: "Future[Any]"


class WriterThread:
    """On the writer's thread are called: rolled_back, when what was remembered of a transaction is no longer true; told, with a sentence
    for the person, when the file had vanished and was put back."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        file: CacheFile,
        rolled_back: Callable[[], None],
        told: Callable[[str], None],
    ) -> None:
        self._connection = connection
        self._file = file
        self._identity = identity(file.path)
        self._rolled_back = rolled_back
        self._tell = told
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[sqlite3.Connection], T], weight: int = 1) -> T:
        """Runs ``work`` within a transaction; returns its result once that is committed. weight: about how many rows it writes.

        Work that has begun when its caller is cancelled is finished all the same. Raises StoreError."""
        return await asyncio.wrap_future(self._submit(work, weight))

    def flush(self) -> None:
        """Blocks until what was asked for before is written, and the file is in its place. Raises StoreError."""
        self._submit(lambda connection: None, 1).result()

    def _submit(self, work: Callable[[sqlite3.Connection], T], weight: int) -> "Future[T]":
        done: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise StoreError("The cache is closed")
            self._jobs.put(_Job(work, weight, done))
        return done

    def close(self) -> None:
        """Blocks until all that was asked for is written."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            group, last = self._gather(job)
            self._commit(group)
            if last:
                return

    def _gather(self, first: _Job) -> tuple[list[_Job], bool]:
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
        wanted = [job for job in group if job.done.set_running_or_notify_cancel()]
        try:
            self._follow_the_file()
            self._connection.execute("BEGIN IMMEDIATE")
            finished = [(job, self._attempt(job)) for job in wanted]
            self._connection.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001 - whatever it is belongs to the callers, and the thread must live
            self._give_up(wanted, error)
            return
        for job, (result, problem) in finished:
            if problem is None:
                job.done.set_result(result)
            else:
                job.done.set_exception(problem)

    def _follow_the_file(self) -> None:
        """What is written must be found by the next who opens the cache by its name."""
        if identity(self._file.path) == self._identity:
            return
        vanished = identity(self._file.path) is None
        if vanished:
            put_back(self._connection, self._file)
        connection = moved_to(self._file)
        if connection is None:
            return
        self._connection.close()
        self._connection, self._identity = connection, identity(self._file.path)
        self._rolled_back()
        if vanished:
            self._tell(PUT_BACK)

    def _attempt(self, job: _Job) -> tuple[Any, BaseException | None]:
        """One job in a savepoint of its own: its failure is not its neighbours'. What ends the whole transaction is raised."""
        self._connection.execute("SAVEPOINT job")
        try:
            result = job.work(self._connection)
        except Exception as error:
            if not self._connection.in_transaction:
                raise
            self._connection.execute("ROLLBACK TO job")
            self._connection.execute("RELEASE job")
            self._rolled_back()
            return None, self._told(error)
        self._connection.execute("RELEASE job")
        return result, None

    def _give_up(self, group: list[_Job], error: BaseException) -> None:
        with contextlib.suppress(*self._file.errors):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        self._rolled_back()
        problem = self._told(error)
        for job in group:
            job.done.set_exception(problem)

    def _told(self, error: BaseException) -> BaseException:
        if isinstance(error, OSError):
            return unwritable(self._file.path, error.strerror or str(error))
        if not isinstance(error, self._file.errors):
            return error
        problem = self._file.met_in_use(error)
        problem.__cause__ = error
        return problem
