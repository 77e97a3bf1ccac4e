"""The states a console can be in, on the console in memory: what it knows of its cluster, and which of its methods raise what."""

import inspect
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

from k8sconsole.errors import ConfigurationError, ConsoleError, Forbidden, StoreLocked, StoreUnwritable, Unreachable, UsageError
from k8sconsole.model.events import ClusterState, ConnectionState
from tests.tui.memory import DEMO, NOW, MemoryConsole, shop

READS = ("rows", "body", "describe", "yaml", "timeline", "scan_states", "store_status", "status", "tool_usage", "usage", "indicators")
"""Methods that read the cache. A name that the console does not have is skipped."""
LIVE_CALLS = ("logs", "call", "refresh")
"""Methods that need the cluster."""


def fail_methods(console: MemoryConsole, names: Iterable[str], error: ConsoleError) -> None:
    """Each of the named methods, of the console or one of its topics, raises the error when it is called."""
    owners = [console, *(part for part in vars(console).values() if type(part).__module__ == type(console).__module__)]
    for owner in owners:
        for name in names:
            method = getattr(type(owner), name, None)
            if method is not None:
                setattr(owner, name, _raiser(method, error))


def _raiser(method: Any, error: ConsoleError) -> Any:
    def plain(*args: Any, **kwargs: Any) -> Any:
        raise error

    async def coroutine(*args: Any, **kwargs: Any) -> Any:
        raise error

    async def generator(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        raise error
        yield

    return generator if inspect.isasyncgenfunction(method) else coroutine if inspect.iscoroutinefunction(method) else plain


def live() -> MemoryConsole:
    console = MemoryConsole(shop())
    console.log_lines = [f"line {number}" for number in range(3)]
    return console


def connecting() -> MemoryConsole:
    console = live()
    console.trust = ClusterState(DEMO, ConnectionState.CONNECTING, version="v1.36.3", seen_at=NOW - 240)
    return console


def lost() -> MemoryConsole:
    console = live()
    console.trust = ClusterState(DEMO, ConnectionState.LOST, "connection refused", seen_at=NOW - 130, retry_at=NOW + 8)
    console.confirmed = NOW - 130
    fail_methods(console, LIVE_CALLS, Unreachable("demo did not answer", "connection refused", "wait: the console tries again"))
    return console


def offline() -> MemoryConsole:
    console = live()
    console.trust = ClusterState(DEMO, ConnectionState.OFFLINE, seen_at=NOW - 900)
    fail_methods(
        console, LIVE_CALLS, ConfigurationError("demo is not connected", "this run was asked to stay offline", "leave --offline away")
    )
    fail_methods(console, ["refresh"], UsageError("demo cannot be refreshed", "this process does not scan it", "k8sconsole scan --once"))
    return console


def forbidden() -> MemoryConsole:
    console = live()
    console.trust = ClusterState(DEMO, ConnectionState.PARTIAL, version="v1.36.3", seen_at=NOW, missing=("pods in shop: forbidden",))
    refusal = Forbidden("pods in shop", 'User "sre" cannot list resource "pods" in API group ""', ":can shows what you may do")
    fail_methods(console, (*LIVE_CALLS, "rows", "body", "describe", "yaml", "timeline"), refusal)
    return console


def other_process_scans() -> MemoryConsole:
    console = live()
    fail_methods(console, ["refresh"], UsageError("demo cannot be refreshed", "this process does not scan it", "k8sconsole scan --once"))
    return console


def cache_locked() -> MemoryConsole:
    console = live()
    error = StoreLocked("The cache /cache.db is held by another process", "database is locked", "wait for it, or raise CACHE_DB_TIMEOUT")
    fail_methods(console, (*READS, *LIVE_CALLS), error)
    return console


def cache_deleted() -> MemoryConsole:
    console = live()
    error = StoreUnwritable("The cache /cache.db cannot be written", "unable to open database file", "name another file with --db")
    fail_methods(console, (*READS, *LIVE_CALLS), error)
    return console


STATES: dict[str, Callable[[], MemoryConsole]] = {
    "live": live, "connecting": connecting, "lost": lost, "offline": offline, "forbidden": forbidden,
    "another process scans": other_process_scans, "cache locked": cache_locked, "cache deleted": cache_deleted,
}  # fmt: skip
