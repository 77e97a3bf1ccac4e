"""What terminals send for alt and a digit.

Most send ESC and the digit. Textual reads these two bytes as the character that a Mac's option key types: ESC 2 as ``™``, which it would
even write into a text field. A Mac's terminal without "option as meta" types that character itself.
"""

from typing import NamedTuple, cast

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.keys import _character_to_key

_OPTION_KEYS = {"alt+1": "¡", "alt+2": "™", "alt+3": "£", "alt+4": "¢", "alt+5": "∞"}


class _SentKey(NamedTuple):
    """A key as textual's table of sequences holds it. value: its name."""

    value: str


def read_alt_digits() -> None:
    """From now on textual reads ESC and a digit as alt and that digit."""
    table = cast("dict[str, object]", ANSI_SEQUENCES_KEYS)
    table.update({f"\x1b{digit}": (_SentKey(f"alt+{digit}"),) for digit in range(10)})


def add_option_keys(keys: str) -> str:
    """The keys of an action, and for alt and a digit the character that a Mac's option key types. keys: separated by commas."""
    typed = [_character_to_key(_OPTION_KEYS[key]) for key in keys.replace(" ", "").split(",") if key in _OPTION_KEYS]
    return ",".join((keys, *typed))
