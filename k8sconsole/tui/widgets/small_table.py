"""Lines for the virtual table from a plain list, where there are few of them."""

from collections.abc import Hashable, Sequence

from k8sconsole.tui.widgets.paint import Piece


class ListLines:
    """(key, pieces) in the order they are shown."""

    def __init__(self, lines: Sequence[tuple[Hashable, Sequence[Piece]]]) -> None:
        self._pieces = dict(lines)
        self.keys: Sequence[Hashable] = list(self._pieces)

    def place(self, key: Hashable) -> int | None:
        return self.keys.index(key) if key in self._pieces else None

    def pieces(self, key: Hashable) -> Sequence[Piece]:
        return self._pieces[key]

    def sign(self, key: Hashable) -> str:
        return ""
