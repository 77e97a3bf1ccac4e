"""What commands print."""

import io
import sys

import pytest

from k8sconsole.cli.output import Progress, print_json, print_table, print_text, say


def test_columns_are_as_wide_as_their_content_and_numbers_are_aligned_right(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("NAME", "N"), [("web", "7"), ("checkout", "12")], right=frozenset({1}))
    assert capsys.readouterr().out == "NAME        N\nweb         7\ncheckout   12\n"


def test_text_from_a_cluster_cannot_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("NAME",), [("\x1b[2Jevil\r",)])
    print_text("a\x1b]0;title\x07b\nnext")
    say("remark\x1b[31m")
    printed = capsys.readouterr()
    assert "\x1b" not in printed.out + printed.err
    assert "evil" in printed.out
    assert "next" in printed.out


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
