"""A question before a change as an elicitation form: true or false, or a word to type; and the rest of a long change, page by page."""

from collections.abc import Mapping
from typing import Any

import mcp_types as types

from k8sconsole.kit.text import strip_control
from k8sconsole.model.question_view import QuestionView, Role, pages, view_question
from k8sconsole.model.tools import Answer, Question

CONFIRM, WORD, MORE = "confirm", "word", "show_more"
CANNOT_ASK = "this client cannot ask its user"
_MARKS = {Role.OBJECT: "• ", Role.DANGER: "! ", Role.CONSEQUENCE: "- "}


def question_form(question: Question, page: int = 0) -> types.ElicitRequestFormParams:
    """page: 0 for the first view, from 1 on for the pages of the whole change, which a client shows on request."""
    view = view_question(question)
    rest = _pages(view)
    if 0 < page <= len(rest):
        message = f"{question.title}\nthe whole change, page {page} of {len(rest)}\n{strip_control(rest[page - 1])}"
    else:
        message = _first_view(question, view, len(rest))
    return types.ElicitRequestFormParams(message=message, requested_schema=_schema(question, len(rest) - page))


def wants_more(question: Question, page: int, action: str, content: Mapping[str, Any] | None) -> bool:
    """Whether the user asks for the next page of the change instead of answering. Never together with a yes."""
    return action == "accept" and (content or {}).get(MORE) is True and page < len(_pages(view_question(question)))


def parse_answer(question: Question, action: str, content: Mapping[str, Any] | None) -> Answer:
    """Only an accepted form with a clear yes is a yes; everything else is a no."""
    given = content or {}
    if action != "accept":
        return Answer(False, by=f"the client's user ({action})")
    if question.confirm_word:
        word = str(given.get(WORD, ""))
        return Answer(word == question.confirm_word, word, "the client's user")
    return Answer(given.get(CONFIRM) is True, by="the client's user")


def _pages(view: QuestionView) -> list[str]:
    """The whole change, where the first view does not hold it all."""
    return pages(view.change) if view.folded else []


def _schema(question: Question, left: int) -> dict[str, Any]:
    """left: pages of the change that were not shown. While there are any, an answer may ask for the next, so nothing else is required."""
    properties: dict[str, dict[str, Any]]
    if question.confirm_word:
        properties = {WORD: {"type": "string", "title": f"Type {question.confirm_word} to continue"}}
    else:
        properties = {CONFIRM: {"type": "boolean", "title": "Continue?", "default": False}}
    if left <= 0:
        return {"type": "object", "properties": properties, "required": list(properties)}
    more = {MORE: {"type": "boolean", "title": f"Show the whole change first ({_count_pages(left)})", "default": False}}
    return {"type": "object", "properties": {**properties, **more}, "required": []}


def _count_pages(number: int) -> str:
    return "1 page" if number == 1 else f"{number} pages"


def _first_view(question: Question, view: QuestionView, pages_left: int) -> str:
    """The objects and what is dangerous first, as the API server names them, without markup."""
    lines = [question.title, *(f"{_MARKS.get(line.role, '')}{line.words}" for line in view.lines)]
    if pages_left:
        lines.append(f"{MORE} shows the whole change: {len(view.change):,} lines on {_count_pages(pages_left)}")
    return strip_control("\n".join(lines))
