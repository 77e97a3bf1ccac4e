"""Approval questions to a person, each a Future. A dialog, a terminal prompt and an MCP elicitation can answer; no answer means no."""

import asyncio
import contextlib
from collections.abc import Callable

from k8sconsole.model.tools import Answer, Question

ANSWER_WITHIN = 300.0
"""Seconds."""


class Approvals:
    """Lives on one loop. Without a listener every question is answered with no at once."""

    def __init__(self, answer_within: float = ANSWER_WITHIN) -> None:
        self._within = answer_within
        self._listeners: list[Callable[[Question], None]] = []
        self._pending: dict[str, asyncio.Future[Answer]] = {}

    def subscribe(self, listener: Callable[[Question], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    async def ask(self, question: Question) -> Answer:
        """Waits for a person's answer. No listener, no answer in time, and a cancelled call mean no."""
        if not self._listeners:
            return Answer(False, by="no one is listening", asked=False)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._pending[question.request_id] = future
        try:
            for listener in tuple(self._listeners):
                listener(question)
            return await asyncio.wait_for(future, self._within)
        except TimeoutError:
            return Answer(False, by="no answer in time")
        finally:
            self._pending.pop(question.request_id, None)

    def answer(self, request_id: str, answer: Answer) -> bool:
        """Returns False where the question no longer waits."""
        future = self._pending.get(request_id)
        if future is None or future.done():
            return False
        with contextlib.suppress(asyncio.InvalidStateError):
            future.set_result(answer)
        return True
