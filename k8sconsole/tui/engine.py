"""The one door to the console that does the work: questions go over to its thread, answers come back to ours."""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol, TypeVar

from k8sconsole.model.events import Fact
from k8sconsole.model.tools import Question

T = TypeVar("T")


class Embedded(Protocol):
    """What runtime.embedded.EmbeddedConsole offers a face."""

    @property
    def stands(self) -> bool: ...
    async def do(self, work: Callable[[Any], Awaitable[T]]) -> T: ...
    def stream(self, work: Callable[[Any], AsyncIterator[T]]) -> AsyncIterator[T]: ...
    def subscribe(self, listener: Callable[[Fact], None]) -> None: ...
    def questions(self, listener: Callable[[Question], None]) -> None: ...


class Engine:
    """ask(question, *about) runs ``question(console, *about)`` over there, whether plain or asynchronous."""

    def __init__(self, embedded: Embedded) -> None:
        self._embedded = embedded

    @property
    def stands(self) -> bool:
        """Whether what is asked is answered at once, the console being open already."""
        return self._embedded.stands

    async def ask(self, question: Callable[..., Any], *about: Any) -> Any:
        async def work(console: Any) -> Any:
            answer = question(console, *about)
            return await answer if inspect.isawaitable(answer) else answer

        return await self._embedded.do(work)

    def follow(self, work: Callable[[Any], AsyncIterator[str]]) -> AsyncIterator[str]:
        return self._embedded.stream(work)

    def subscribe(self, listener: Callable[[Fact], None]) -> None:
        self._embedded.subscribe(listener)

    def questions(self, listener: Callable[[Question], None]) -> None:
        self._embedded.questions(listener)
