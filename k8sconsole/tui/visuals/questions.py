"""A question of the pipeline as the dialog shows it: the objects, the consequences, the dry run, and whether undo is possible."""

from k8sconsole.model.tools import Question
from k8sconsole.tui.visuals.glyphs import Glyphs
from k8sconsole.tui.widgets.paint import Line, Piece

MOST_OBJECTS = 12


def question_lines(question: Question, glyphs: Glyphs) -> list[Line]:
    shown = question.objects[:MOST_OBJECTS]
    more = len(question.objects) - len(shown)
    lines: list[Line] = [(Piece("   ".join(shown) + (f"   and {more} more" if more else ""), "text", True),)] if shown else []
    lines += [
        (Piece(f"{glyphs.bad if at == 0 else glyphs.warn} ", "bad" if at == 0 else "warn"), Piece(text, "text"))
        for at, text in enumerate(question.consequences)
    ]
    facts = (("dry run", question.dry_run), ("undo", question.undo), ("asked because", question.reason), ("tool", question.tool))
    lines += [(Piece(f"{label}: ", "muted"), Piece(text, "text")) for label, text in facts if text]
    return lines


def confirm_label(question: Question) -> str:
    return f"type {question.confirm_word} to go on" if question.confirm_word else ""


def act_label(question: Question) -> str:
    """The verb of the title: ``Delete pod a in b on c`` gives ``Delete``."""
    first = question.title.split(" ", 1)[0]
    return first.capitalize() if first.isalpha() else "Go on"
