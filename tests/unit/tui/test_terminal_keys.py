"""Every declared key, from the bytes that a terminal sends for it."""

import pytest
from textual import events
from textual._xterm_parser import XTermParser
from textual.message import Message

from k8sconsole.tui.actions import ACTIONS
from k8sconsole.tui.terminal_keys import add_option_keys, read_alt_digits
from tests.tui.xterm import sent_bytes

DECLARED = sorted({key for action in ACTIONS for key in action.keys.split(",")})


def read_keys(sent: str) -> list[events.Key]:
    parser = XTermParser()
    read: list[Message] = [*parser.feed(sent), *(parser.feed("") if sent == "\x1b" else ())]
    return [event for event in read if isinstance(event, events.Key)]


@pytest.mark.parametrize("key", [key for key in DECLARED if key != "escape"])
def test_the_bytes_of_a_declared_key_are_read_as_that_key(key: str) -> None:
    read_alt_digits()
    assert [event.key for event in read_keys(sent_bytes(key))] == [key]


def test_alt_and_a_digit_writes_nothing_into_a_text_field() -> None:
    read_alt_digits()
    assert [(event.key, event.is_printable) for event in read_keys("\x1b2")] == [("alt+2", False)]


def test_a_mac_s_option_key_reaches_the_pane_too() -> None:
    assert add_option_keys("alt+2,f3") == "alt+2,f3,trade_mark_sign"
    assert [event.key for event in read_keys("™")] == ["trade_mark_sign"]
