"""A question of the pipeline as the dialog shows it: the objects, what is dangerous, the change, folded, and whether undo is possible."""

from k8sconsole.model.question_view import QuestionLine, Role, view_question
from k8sconsole.model.tools import Question
from k8sconsole.tui.visuals.glyphs import Glyphs
from k8sconsole.tui.widgets.paint import Line, Piece


def question_lines(question: Question, glyphs: Glyphs) -> list[Line]:
    """The first view."""
    lines = view_question(question).lines
    worst = next((at for at, line in enumerate(lines) if line.role in (Role.DANGER, Role.CONSEQUENCE)), -1)
    return [_paint(line, glyphs, worst=line.role is Role.DANGER or at == worst) for at, line in enumerate(lines)]


def whole_change(question: Question) -> list[str]:
    """All lines of the change, where the first view does not hold them; otherwise none."""
    view = view_question(question)
    return list(view.change) if view.folded else []


def _paint(line: QuestionLine, glyphs: Glyphs, *, worst: bool) -> Line:
    if line.role is Role.OBJECT:
        return (Piece(line.text, "text", True),)
    if line.role in (Role.DANGER, Role.CONSEQUENCE):
        return (Piece(f"{glyphs.bad if worst else glyphs.warn} ", "bad" if worst else "warn"), Piece(line.text, "text"))
    label = (Piece(f"{line.label}: ", "muted"),) if line.label else ()
    return (*label, Piece(line.text, "text"))


def confirm_label(question: Question) -> str:
    return f"type {question.confirm_word} to go on" if question.confirm_word else ""


def act_label(question: Question) -> str:
    """The verb of the title: ``Delete pod a in b on c`` gives ``Delete``."""
    first = question.title.split(" ", 1)[0]
    return first.capitalize() if first.isalpha() else "Go on"
