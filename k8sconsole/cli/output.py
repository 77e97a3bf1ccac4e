"""Printing: tables, JSON and YAML on stdout, everything else on stderr.

A terminal gets no character that it may obey: such a character is shown as ``\\u202e``. A pipe gets the data as it is. JSON and YAML mean
the same in both. Every print of a command goes through this module.
"""

import sys
from collections.abc import Sequence
from io import TextIOWrapper

import msgspec

from k8sconsole.kit.redact import mask_text
from k8sconsole.kit.text import escape_control, strip_control


def set_encoding() -> None:
    """A pipe gets UTF-8 whatever the locale is, as kubectl writes it. A terminal that cannot show a character shows its escape."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding=None if sys.stdout.isatty() else "utf-8", errors="backslashreplace")


def print_exact(text: str) -> None:
    """Prints on stdout; no line end is added."""
    sys.stdout.write(escape_control(text) if sys.stdout.isatty() else text)


def print_json(value: object) -> None:
    print_exact(msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode() + "\n")


def print_yaml(value: object, *, sort_keys: bool = True) -> None:
    """value: JSON values or a Struct. sort_keys: as kubectl does with objects."""
    from k8sconsole.kit.yaml_text import format_yaml

    print_exact(format_yaml(msgspec.to_builtins(value), escape=sys.stdout.isatty(), sort_keys=sort_keys))


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> None:
    """Prints columns as wide as their content, three spaces apart. right: indexes of the columns aligned right."""
    clean = escape_control if sys.stdout.isatty() else str
    cells = [[clean(" ".join(str(cell).splitlines())) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[index]) for row in cells) for index in range(len(header))]
    for row in cells:
        line = "   ".join(
            cell.rjust(width) if index in right else cell.ljust(width) for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        sys.stdout.write(line.rstrip() + "\n")


def print_text(text: str) -> None:
    """Prints text whose last line may lack its end."""
    print_exact(text.rstrip("\n") + "\n")


def say(line: str) -> None:
    """Prints a remark on stderr, masked, so that a pipe gets data only."""
    sys.stderr.write(f"{escape_control(mask_text(line))}\n")


class Progress:
    """One line on stderr that is rewritten; nothing where stderr is no terminal."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()

    def show(self, text: str) -> None:
        if self._on:
            sys.stderr.write(f"\r\x1b[2K{strip_control(text)[:200]}")
            sys.stderr.flush()

    def done(self) -> None:
        if self._on:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
