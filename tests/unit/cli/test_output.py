"""What commands print."""

import io
import json
import sys
from collections.abc import Callable

import pytest
import yaml

from k8sconsole.cli.output import Progress, print_json, print_table, print_text, print_yaml, say
from k8sconsole.kit.text import has_control


def test_columns_are_as_wide_as_their_content_and_numbers_are_aligned_right(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("NAME", "N"), [("web", "7"), ("checkout", "12")], right=frozenset({1}))
    assert capsys.readouterr().out == "NAME        N\nweb         7\ncheckout   12\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


HOSTILE = "\x1b[2Jevil\x07\x9b31m \u202e\u2066\u200f\u061c"
PRINTS: dict[str, Callable[[], None]] = {
    "a table": lambda: print_table(("NAME",), [(HOSTILE,)]),
    "a text": lambda: print_text(f"first\n{HOSTILE}"),
    "JSON": lambda: print_json({HOSTILE: [HOSTILE]}),
    "YAML": lambda: print_yaml({HOSTILE: [HOSTILE]}),
}


@pytest.mark.parametrize("form", PRINTS)
def test_text_from_a_cluster_cannot_command_a_terminal_and_is_exact_in_a_pipe(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        monkeypatch.setattr(sys, "stdout", stream)
        PRINTS[form]()
    shown, piped = terminal.getvalue(), pipe.getvalue()
    assert not has_control(shown)
    assert "evil" in shown
    assert "\\u202e" in shown
    assert "\u202e\u2066\u200f\u061c" in piped
    read = {"JSON": json.loads, "YAML": yaml.safe_load}.get(form)
    if read is not None:
        assert read(shown) == read(piped) == {HOSTILE: [HOSTILE]}


def test_a_remark_never_commands_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"remark{HOSTILE}")
    assert not has_control(capsys.readouterr().err)


def test_json_is_indented_and_errors_are_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"problem": ValueError("no"), "rows": [1]})
    assert capsys.readouterr().out == '{\n  "problem": "no",\n  "rows": [\n    1\n  ]\n}\n'


def test_progress_is_shown_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = io.StringIO()
    monkeypatch.setattr(sys, "stderr", silent)
    line = Progress()
    line.show("pods")
    line.done()
    assert silent.getvalue() == ""
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    line = Progress()
    line.show("pods")
    line.done()
    assert terminal.getvalue() == "\r\x1b[2Kpods\r\x1b[2K"
