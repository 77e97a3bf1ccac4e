"""Log lines as they are painted."""

import pytest

from k8sconsole.tui.visuals.documents import log_line, pretty_log_line
from k8sconsole.tui.widgets.paint import Piece


def test_a_program_s_colours_become_roles_of_the_theme() -> None:
    assert log_line("2026-11-30T10:00:00Z \x1b[1;31mERROR\x1b[0m card \x1b[33mrefused\x1b[39m twice") == (
        Piece("2026-11-30T10:00:00Z ", "muted"),
        Piece("ERROR", "bad", True),
        Piece(" card ", "text"),
        Piece("refused", "warn"),
        Piece(" twice", "text"),
    )


@pytest.mark.parametrize(
    ("sequence", "role"),
    [
        ("32", "good"), ("91", "bad"), ("90", "muted"), ("2", "muted"), ("38;5;9", "bad"), ("38;5;196", "bad"), ("38;5;34", "good"),
        ("38;5;240", "muted"), ("38;2;220;180;20", "warn"), ("38:2:30:80:250", "accent"), ("38:2::30:80:250", "accent"), ("48;5;1", "text"),
        ("38;5", "text"), ("7;4", "text"), ("", "text"),
    ],
)  # fmt: skip
def test_any_colour_has_a_role(sequence: str, role: str) -> None:
    assert log_line(f"\x1b[{sequence}mword") == (Piece("word", role),)


def test_json_within_colours_is_laid_out_all_the_same() -> None:
    assert [piece.text for piece in pretty_log_line('\x1b[32m{"level":"error","msg":"no space"}\x1b[0m')] == ["ERROR", " ", "no space"]
