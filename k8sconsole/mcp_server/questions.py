"""A question before a change as an elicitation form: true or false, or a word to type."""

from collections.abc import Mapping
from typing import Any

import mcp_types as types

from k8sconsole.kit.text import strip_control
from k8sconsole.model.tools import Answer, Question

CONFIRM, WORD = "confirm", "word"
CANNOT_ASK = "this client cannot ask its user"


def question_form(question: Question) -> types.ElicitRequestFormParams:
    return types.ElicitRequestFormParams(message=_message(question), requested_schema=_schema(question))


def parse_answer(question: Question, action: str, content: Mapping[str, Any] | None) -> Answer:
    """Only an accepted form with a clear yes is a yes; everything else is a no."""
    given = content or {}
    if action != "accept":
        return Answer(False, by=f"the client's user ({action})")
    if question.confirm_word:
        word = str(given.get(WORD, ""))
        return Answer(word == question.confirm_word, word, "the client's user")
    return Answer(given.get(CONFIRM) is True, by="the client's user")


def _schema(question: Question) -> dict[str, Any]:
    if question.confirm_word:
        field = {"type": "string", "title": f"Type {question.confirm_word} to continue"}
        return {"type": "object", "properties": {WORD: field}, "required": [WORD]}
    return {"type": "object", "properties": {CONFIRM: {"type": "boolean", "title": "Continue?", "default": False}}, "required": [CONFIRM]}


def _message(question: Question) -> str:
    """The objects first, as the API server names them, without markup."""
    parts = [
        question.title,
        *(f"• {label}" for label in question.objects),
        *(f"! {consequence}" for consequence in question.consequences),
        f"dry run: {question.dry_run}" if question.dry_run else "",
        f"undo: {question.undo}" if question.undo else "",
        f"reason for this question: {question.reason}" if question.reason else "",
    ]
    return strip_control("\n".join(part for part in parts if part))
