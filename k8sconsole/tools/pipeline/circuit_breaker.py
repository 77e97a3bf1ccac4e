"""Who does not answer is left alone for a while: everybody else is told so at once, instead of waiting for the same silence."""

import asyncio
import contextlib
from collections.abc import Iterator
from enum import IntEnum

from k8sconsole.errors import ApiError, ConsoleError, CredentialsError, Unavailable
from k8sconsole.kit.clock import Clock, format_rfc3339

FAILURES = 3
"""Calls one after the other, before a circuit opens."""
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 30.0
PATIENCE = 5.0
"""Seconds of silence before the end of a call's own time says something of the server, and not of the caller."""


class State(IntEnum):
    """HALF_OPEN: one call is on its way to see, and the others still fail."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


class Circuit:
    """To one cluster or outside server. Only silence opens it: an answer closes it, also one that refuses."""

    def __init__(self, name: str, clock: Clock) -> None:
        self.name = name
        self._clock = clock
        self._failed: set[str] = set()
        self._since = 0.0
        self._why = ""
        self._pause = 0.0
        self._due = 0.0
        self._trying = ""

    @property
    def state(self) -> State:
        if not self._pause:
            return State.CLOSED
        return State.HALF_OPEN if self._trying else State.OPEN

    @contextlib.contextmanager
    def asked(self, call: str, until: float, *, lasting: bool = False) -> Iterator[None]:
        """Around one request of a call whose time is up at ``until`` (monotonic seconds); however many of a call's requests fail, it is one
        failure. A lasting request may be silent, and is no trial. Raises Unavailable where the circuit is open."""
        self._admit(call, lasting)
        began = self._clock.monotonic()
        try:
            yield
        except BaseException as problem:
            silent = self._silent(began, until) and not lasting
            if why := _failure(problem, silent):
                self._fail(call, why)
            elif isinstance(problem, ApiError):
                self.answered()
            elif self._trying == call:
                self._trying = ""
            raise
        self.answered()

    def answered(self) -> None:
        self._failed.clear()
        self._pause, self._trying = 0.0, ""

    def hurry(self) -> None:
        """A person waits: the next call may try, whenever its turn would have come, and whoever else is trying."""
        self._due, self._trying = self._clock.monotonic(), ""

    def _admit(self, call: str, lasting: bool) -> None:
        """Once the pause is over, the call that asks first tries, with all its requests."""
        if not self._pause or self._trying == call:
            return
        if self._trying or self._clock.monotonic() < self._due:
            raise self._refusal()
        if not lasting:
            self._trying = call

    def _silent(self, began: float, until: float) -> bool:
        now = self._clock.monotonic()
        return now >= until and now - began >= PATIENCE

    def _fail(self, call: str, why: str) -> None:
        """What was asked before the circuit opened, and fails after, changes nothing."""
        if self._pause and self._trying != call:
            return
        if not self._failed:
            self._since = self._clock.now()
        if not self._pause:
            self._failed.add(call)
        self._why, self._trying = why, ""
        if len(self._failed) >= FAILURES:
            self._pause = min(LONGEST_PAUSE, self._pause * 2) or FIRST_PAUSE
            self._due = self._clock.monotonic() + self._pause

    def _refusal(self) -> ConsoleError:
        wait = max(0.0, self._due - self._clock.monotonic())
        again = "it is being tried now" if self._trying else f"it is tried again in {wait:.0f} s"
        since, retry = format_rfc3339(self._since), format_rfc3339(self._clock.now() + wait)
        details = {"service": self.name, "since": since, "retry_at": retry, "retry_after_seconds": round(wait, 1)}
        return Unavailable(
            f"{self.name} does not answer", f"since {since}: {self._why}; {again}", "the same call then, or what the cache knows", details
        )


def _failure(problem: BaseException, silent: bool) -> str:
    """Why the server counts as not answering; empty where it does answer, or where that is not known."""
    if isinstance(problem, Unavailable) and not isinstance(problem, CredentialsError):
        return problem.detail or problem.title
    return "no answer in time" if silent and isinstance(problem, asyncio.CancelledError) else ""
