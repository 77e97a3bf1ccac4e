"""How a question reads, in every face: what is dangerous first and whole, then the change, folded, then the rest.

A first view is bounded, whatever the size of the object. The whole change is beside it, and each face has a way to it.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

import msgspec

from k8sconsole.model.tools import Question

MOST_CHARACTERS = 16_000
"""Of a first view, with its labels."""
MOST_LINES = 40
"""Lines of the change in a first view."""
_MOST_OBJECTS = 12
_MOST_TEXT = 6_000
"""Characters of one line at first view; the middle of a longer one is left out."""
_SHARES = {"object": 1_400, "danger": 9_000, "consequence": 1_600}
"""Characters of each kind of line at most, so that none of them crowds out the others."""
_ENDING = 2_500
"""Characters kept for the title, the labels, the undo and the reason."""


class Role(StrEnum):
    OBJECT = "object"
    DANGER = "danger"
    CONSEQUENCE = "consequence"
    CHANGE = "change"
    FACT = "fact"


class QuestionLine(msgspec.Struct, frozen=True):
    """label: such as ``undo``; empty for a line that needs none."""

    role: Role
    text: str
    label: str = ""

    @property
    def words(self) -> str:
        return f"{self.label}: {self.text}" if self.label else self.text


class QuestionView(msgspec.Struct, frozen=True):
    """lines: the first view. change: all lines of the change. folded: how many of them the first view leaves out or shortens."""

    lines: tuple[QuestionLine, ...]
    change: tuple[str, ...]
    folded: int


def view_question(question: Question, most: int = MOST_CHARACTERS) -> QuestionView:
    """most: characters of the first view."""
    head = [
        *_limit(Role.OBJECT, _named(question.objects), most),
        *_limit(Role.OBJECT, [" · ".join(question.subject)] if question.subject else [], most),
        *_limit(Role.DANGER, question.dangers, most),
        *_limit(Role.CONSEQUENCE, question.consequences, most),
    ]
    tail = [
        QuestionLine(Role.FACT, _shorten(text, 500), label)
        for label, text in (("undo", question.undo), ("asked because", question.reason), ("tool", question.tool))
        if text
    ]
    # What does not fit in a line or among the first ones is at the top of the whole change, so that nothing is out of reach.
    cut = [text for text in (*question.objects, *question.dangers, *question.consequences) if text not in {line.text for line in head}]
    change = (*(line for text in cut for line in text.splitlines()), *question.dry_run.splitlines())
    room = most - min(_ENDING, most // 4) - sum(len(line.words) + 3 for line in head)
    shown, folded = _fold(change[len(change) - len(question.dry_run.splitlines()) :], room)
    folded += len(change) - len(question.dry_run.splitlines())
    lines = [QuestionLine(Role.CHANGE, text, "" if at else "dry run") for at, text in enumerate(shown)]
    return QuestionView((*head, *lines, *tail), change, folded)


def _named(objects: Sequence[str]) -> list[str]:
    more = len(objects) - _MOST_OBJECTS
    return [*objects[:_MOST_OBJECTS], *([f"and {more} more objects"] if more > 0 else [])]


def _limit(role: Role, texts: Iterable[str], most: int) -> Iterator[QuestionLine]:
    """The texts as lines, while their share of the first view lasts; the number of the others in the last line."""
    share = _SHARES[role] * most // MOST_CHARACTERS
    known = list(texts)
    for at, text in enumerate(known):
        line = _shorten(text, min(_MOST_TEXT, share))
        share -= len(line) + 3
        if share < 0:
            yield QuestionLine(role, f"… and {len(known) - at} more; the whole change names them")
            return
        yield QuestionLine(role, line)


def _fold(lines: Sequence[str], room: int) -> tuple[list[str], int]:
    """(the lines of the first view, the number of lines left out or shortened)."""
    shown: list[str] = []
    shortened = 0
    whole = len(lines) <= MOST_LINES and sum(map(len, lines)) + 3 * len(lines) <= room
    for line in lines[:MOST_LINES]:
        text = line if whole else _shorten(line, 300)
        room -= len(text) + 3
        if room < 60:
            break
        shortened += text != line
        shown.append(text)
    left = len(lines) - len(shown)
    if left:
        shown.append(f"… {left:,} of {len(lines):,} lines are folded")
    return shown, left + shortened


def _shorten(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    keep = max(10, (most - 40) // 2)
    return f"{text[:keep]} …{len(text) - 2 * keep:,} characters… {text[-keep:]}"


def pages(lines: Iterable[str], most: int = MOST_CHARACTERS - 500) -> list[str]:
    """The lines as texts of at most so many characters, for a face that cannot scroll. A longer line is split, not cut."""
    found: list[list[str]] = [[]]
    size = 0
    for line in (part for whole in lines for part in _split(whole, most)):
        if size + len(line) + 1 > most and found[-1]:
            found.append([])
            size = 0
        found[-1].append(line)
        size += len(line) + 1
    return ["\n".join(page) for page in found]


def _split(line: str, most: int) -> list[str]:
    return [line[at : at + most - 1] for at in range(0, len(line), most - 1)] or [line]
