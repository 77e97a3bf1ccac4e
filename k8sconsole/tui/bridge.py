"""Facts from the console's thread to the screen. Facts that arrive fast are merged and delivered at most ten times a second."""

import threading
from collections.abc import Callable

from textual.message import Message

from k8sconsole.model.events import Fact
from k8sconsole.model.tools import Question
from k8sconsole.runtime.api import EventsApi
from k8sconsole.tui.messages import FactsAvailable, QuestionAsked

PAUSE = 0.1
"""Seconds between two deliveries."""


class Bridge:
    """post must be safe to call from any thread. One FactsAvailable is on its way at a time; take() empties what has gathered."""

    def __init__(self, events: EventsApi, post: Callable[[Message], object]) -> None:
        self._post = post
        self._lock = threading.Lock()
        self._waiting: dict[tuple[object, ...], Fact] = {}
        events.subscribe(self.arrived)
        events.subscribe_questions(self.asked)

    def arrived(self, fact: Fact) -> None:
        with self._lock:
            first = not self._waiting
            self._waiting.pop(fact.merge_key, None)
            self._waiting[fact.merge_key] = fact
        if first:
            self._post(FactsAvailable())

    def asked(self, question: Question) -> None:
        self._post(QuestionAsked(question))

    def take(self) -> list[Fact]:
        with self._lock:
            facts, self._waiting = list(self._waiting.values()), {}
        return facts
