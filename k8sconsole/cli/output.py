"""Printing: tables and JSON on stdout, everything else on stderr."""

import sys
from collections.abc import Sequence

import msgspec

from k8sconsole.kit.redact import mask_text
from k8sconsole.kit.text import strip_control


def print_json(value: object) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode() + "\n")


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> None:
    """Prints columns as wide as their content, three spaces apart. right: indexes of the columns aligned right."""
    cells = [[strip_control(str(cell)) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[index]) for row in cells) for index in range(len(header))]
    for row in cells:
        line = "   ".join(
            cell.rjust(width) if index in right else cell.ljust(width) for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        sys.stdout.write(line.rstrip() + "\n")


def print_text(text: str) -> None:
    """Prints line by line, without characters that a terminal would take for commands."""
    sys.stdout.write("".join(f"{strip_control(line)}\n" for line in text.splitlines()))


def say(line: str) -> None:
    """Prints a remark on stderr, masked, so that a pipe gets data only."""
    sys.stderr.write(f"{strip_control(mask_text(line))}\n")


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
