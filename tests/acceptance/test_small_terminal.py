"""The console on small, usual and large terminals: it never crashes, and says so where there is too little room."""

import re
from pathlib import Path

import pytest

from k8sconsole.demo.server import DemoCluster
from tests.acceptance.console import ESCAPE, F2, F3, F4, F5, console
from tests.acceptance.program import Program

PANES = {F3: "k8s_list_pods", F4: "model", F5: "pods", F2: "NAMESPACE"}
"""A key, and a word in the pane that it opens."""


@pytest.fixture
def on_demo(demo: DemoCluster, tmp_path: Path) -> Program:
    return Program(tmp_path, demo.kubeconfig)


def test_a_terminal_of_20_by_5_shows_that_it_is_too_small_and_a_larger_one_shows_the_console_again(on_demo: Program) -> None:
    with console(on_demo, rows=5, columns=20) as session:
        session.terminal.wait_for(r"(?s)20×5.*small.*40×8")
        for key in (*PANES, ":", ESCAPE, "/", ESCAPE, "d", ESCAPE, "?", ESCAPE):
            assert "Traceback" not in session.press(key)
        session.press(F2)
        session.terminal.resize(24, 80)
        session.wait_until_live()
        session.terminal.wait_for("NAMESPACE")
        session.terminal.resize(5, 20)
        session.terminal.wait_for(r"(?s)small")
        session.terminal.resize(45, 160)
        session.terminal.wait_for("NAMESPACE")
        assert session.quit() == 0


@pytest.mark.parametrize(("rows", "columns"), [(8, 40), (24, 80), (45, 160)], ids=["40x8", "80x24", "160x45"])
def test_every_pane_opens_at_every_usual_size(on_demo: Program, rows: int, columns: int) -> None:
    with console(on_demo, rows=rows, columns=columns) as session:
        session.wait_until_live()
        for key, word in PANES.items():
            session.terminal.type(key)
            session.terminal.wait_for(re.escape(word) if rows > 8 else ".")
            screen = session.terminal.settle()
            assert "Traceback" not in screen
            assert max(map(len, session.terminal.screen.lines)) <= columns
        assert session.quit() == 0


def test_the_header_and_the_last_column_stay_visible_while_the_terminal_is_resized(on_demo: Program) -> None:
    with console(on_demo) as session:
        session.wait_until_live()
        for columns in (79, 60, 41, 100, 200, 80):
            session.terminal.resize(24, columns)
            session.terminal.wait(lambda screen: ("live" in screen.lines[0] and "AGE" in screen.text) or screen.columns < 60)
        assert session.quit() == 0
