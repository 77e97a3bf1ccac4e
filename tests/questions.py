"""Answers a console's questions as a person would, for tests."""

import asyncio
from collections.abc import Callable

from k8sconsole.model.tools import Answer, Question
from k8sconsole.runtime.api import ConsoleApi


def answer_questions(console: ConsoleApi, answer: Callable[[Question], Answer]) -> list[Question]:
    """Answers every question from now on. The list grows with each question."""
    questions: list[Question] = []
    tasks: set[asyncio.Task[bool]] = set()

    def reply(question: Question) -> None:
        questions.append(question)
        task = asyncio.get_running_loop().create_task(console.events.answer(question.request_id, answer(question)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    console.events.subscribe_questions(reply)
    return questions
