"""The console on a thread of its own: calls before it is open, while it closes, and afterwards."""

import asyncio
import threading
from typing import Any, cast

import pytest

from k8sconsole.errors import ConfigurationError, Unavailable
from k8sconsole.runtime.console import Console
from k8sconsole.runtime.embedded import EmbeddedConsole


class Clusters:
    async def selected(self) -> tuple[str, ...]:
        return (threading.current_thread().name,)

    async def select(self, names: tuple[str, ...]) -> None:
        await asyncio.Event().wait()


class Tools:
    async def logs(self, *arguments: Any) -> Any:
        for number in range(3):
            yield f"{number} on {threading.current_thread().name}"


class Opened:
    """As much of a console as these tests call."""

    clusters = Clusters()
    tools = Tools()

    async def close(self) -> None: ...


@pytest.fixture
def embedded() -> Any:
    async def open_console() -> Console:
        return cast("Console", Opened())

    console = EmbeddedConsole(open_console)
    console.start()
    yield console
    console.stop()


async def test_a_call_runs_on_the_console_s_thread(embedded: EmbeddedConsole) -> None:
    assert await embedded.clusters.selected() == ("console",)


async def test_a_stream_is_read_item_by_item(embedded: EmbeddedConsole) -> None:
    assert [line async for line in embedded.tools.logs(cast("Any", None), cast("Any", None))] == [f"{n} on console" for n in range(3)]


async def test_a_call_waits_for_the_console_to_open_and_raises_what_opening_raised() -> None:
    async def fail() -> Console:
        raise ConfigurationError("no context chosen", "the kubeconfig has no current context", "--context demo")

    console = EmbeddedConsole(fail)
    console.start()
    with pytest.raises(ConfigurationError):
        await console.clusters.selected()
    assert not console.is_open
    console.stop()


async def test_a_call_that_runs_while_the_console_closes_is_cancelled(embedded: EmbeddedConsole) -> None:
    call = asyncio.ensure_future(embedded.clusters.select(("a",)))
    await embedded.clusters.selected()
    await asyncio.to_thread(embedded.stop)
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_a_call_after_the_end_says_that_the_console_is_closed(embedded: EmbeddedConsole) -> None:
    await asyncio.to_thread(embedded.stop)
    with pytest.raises(Unavailable, match="the console is closed"):
        await embedded.clusters.selected()
