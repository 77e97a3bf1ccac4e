"""Text from a cluster is data: whatever is in a name, a status, a log or a description, nothing fails, nothing is obeyed."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from k8sconsole.tui.themes import NIGHT
from k8sconsole.tui.visuals.documents import describe_line, log_line, pretty_log_line, yaml_line
from k8sconsole.tui.widgets.paint import Palette, Piece, build_strip, fit, fit_middle, safe
from tests.tui.memory import MemoryConsole, open_console, pod, settled, shop

EVIL = [
    "x[/]",
    "[@click=app.quit]z[/]",
    "\x1b[2J\x1b]0;owned\x07",
    "\x1b]52;c;aGk=\x07",
    "名前" * 20,
    "👩‍👩‍👧‍👦" * 9,
    "e\u0301" * 40,
    "\u202eevil\u202c",
    "a\nb\tc\rd",
    "$text [b]bold[/b] \\[",
    "",
    " ",
    "\x00\x9b31m",
    "-" * 300,
    "%s{0}{x}",
    "\ud800",
]
anything = st.one_of(st.sampled_from(EVIL), st.text(max_size=60))


@given(anything, st.integers(0, 40))
def test_a_text_is_cut_or_padded_to_exactly_its_cells(text: str, width: int) -> None:
    shown = safe(text)
    assert cell_len(fit(shown, width)) == width
    assert cell_len(fit_middle(shown, width)) == width


@given(anything)
def test_what_is_laid_on_the_terminal_holds_no_control_character(text: str) -> None:
    palette = Palette(NIGHT.colours())
    for painter in (yaml_line, describe_line, log_line, pretty_log_line):
        drawn = "".join(segment.text for segment in build_strip(painter(text), 80, palette))
        assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 or sign in "\u202e\u2066" for sign in drawn)


# Every strange name is in every one of these tables; these few, of a kind each, are walked through key by key.
WALKED = ["[@click=app.quit]z[/]", "\x1b[2J\x1b]0;owned\x07", "👩‍👩‍👧‍👦" * 9, "\u202eevil\u202c", "a\nb\tc\rd"]


@pytest.mark.parametrize("evil", [WALKED[0], *(pytest.param(evil, marks=pytest.mark.long) for evil in WALKED[1:])])
async def test_no_pane_fails_on_or_obeys_a_strange_name(evil: str) -> None:
    strange = [pod(name, "shop", labels={"app": name[:5]}, reason=name) for name in EVIL[:-1] if name not in ("", " ")]
    console = MemoryConsole([*shop(), *strange])
    console.log_lines = [evil, f'{{"level": "{evil}", "msg": 1}}']
    async with open_console(console) as pilot:
        await _walk(pilot, evil)
        assert pilot.app.is_running
        strips = pilot.app.main._compositor.render_strips()
        assert not any("\x1b" in segment.text for strip in strips for segment in strip)


async def _walk(pilot: Any, name: str) -> None:
    view = pilot.app.main.cluster.top
    at = next(at for at, key in enumerate(view.feed.model.keys) if view.feed.model.rows[key].name == name)
    for keys in (("d", "y"), ("enter", "enter"), ("l",), ("ctrl+d",), ("space",)):
        view.table.go(at)
        await pilot.press(*keys)
        await settled(pilot, 2)
        await pilot.press("escape", "escape")
        await settled(pilot, 1)
    pilot.app.show_message(name, name, "error")
    await pilot.press("f4", *"pods", "enter")
    await settled(pilot, 2)
    await pilot.press("f3", "ctrl+l")
    await settled(pilot, 2)
    await pilot.press("escape", "f5")
    await settled(pilot, 1)


@given(st.lists(anything, min_size=1, max_size=5))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_row_of_any_text_fills_its_line_exactly(texts: list[str]) -> None:
    line = tuple(Piece(text) for text in texts)
    assert build_strip(line, 50, Palette(NIGHT.colours())).cell_length == 50
