"""Facts from the bus and questions from the approvals, for the faces."""

from collections.abc import Callable

from k8sconsole.model.events import Fact
from k8sconsole.model.tools import Answer, Question
from k8sconsole.runtime.bus import Bus
from k8sconsole.runtime.services.approvals import Approvals


class EventsService:
    """The EventsApi. Listeners run on the console's loop."""

    def __init__(self, bus: Bus, approvals: Approvals) -> None:
        self._bus = bus
        self._approvals = approvals

    def subscribe(self, listener: Callable[[Fact], None]) -> Callable[[], None]:
        return self._bus.subscribe(listener)

    def subscribe_questions(self, listener: Callable[[Question], None]) -> Callable[[], None]:
        return self._approvals.subscribe(listener)

    async def answer(self, request_id: str, answer: Answer) -> bool:
        return self._approvals.answer(request_id, answer)
