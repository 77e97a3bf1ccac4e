"""Columns: the kind of their cells, their widths, and the order in which they are hidden on a narrow screen."""

from enum import StrEnum

import msgspec


class CellKind(StrEnum):
    """The kind of a column's cells. Every cell is a JSON value; None is an empty cell of any kind."""

    NAME = "name"
    """Text that is shortened in the middle, so that both ends stay visible."""
    TEXT = "text"
    STATUS = "status"
    """A status word of Kubernetes, which ``health`` grades."""
    OWNER = "owner"
    """``Kind/name``; shown as the name."""
    NUMBER = "number"
    FLAG = "flag"
    """true or false."""
    SWITCH = "switch"
    """true or false; shown as True or False, as kubectl prints a CronJob's suspension."""
    READY = "ready"
    """[ready, wanted]."""
    RESTARTS = "restarts"
    """[count, time of the last one in seconds since the epoch or null]."""
    TIME = "time"
    """Seconds since the epoch; shown as an age."""
    SPAN = "span"
    """[begin, end or null while it lasts] in seconds since the epoch; shown as a duration."""
    CPU = "cpu"
    """Millicores."""
    BYTES = "bytes"


class Column(msgspec.Struct, frozen=True):
    """One column. rank: on a narrow screen, columns with the highest rank are hidden first; those with rank 0 never are.

    minimum, wish: widths in characters. wide: shown with ``-o wide``, and where there is room. right: right-aligned.
    notable: a wide column that is also in narrow tables and in the rows of replies, where it holds something.
    in_replies: a wide column that is also in the rows of replies.
    """

    name: str
    kind: CellKind = CellKind.TEXT
    rank: int = 30
    minimum: int = 6
    wish: int = 16
    wide: bool = False
    right: bool = False
    notable: bool = False
    in_replies: bool = False


NAME = Column("NAME", CellKind.NAME, rank=0, minimum=16, wish=48)
READY = Column("READY", CellKind.READY, rank=10, minimum=5, wish=7, right=True)
STATUS = Column("STATUS", CellKind.STATUS, rank=0, minimum=12, wish=22)
RESTARTS = Column("RESTARTS", CellKind.RESTARTS, rank=20, minimum=8, wish=10, right=True)
AGE = Column("AGE", CellKind.TIME, rank=0, minimum=4, wish=4)
NODE = Column("NODE", CellKind.NAME, rank=70, minimum=8, wish=20, wide=True, in_replies=True)
IMAGE = Column("IMAGE", CellKind.NAME, rank=80, minimum=12, wish=36, wide=True)
CONDITIONS = Column("CONDITIONS", rank=65, minimum=8, wish=24, wide=True, notable=True)
OWNER = Column("OWNER", CellKind.OWNER, rank=90, minimum=8, wish=20, wide=True)


def text(name: str, *, wish: int = 16, minimum: int = 6, rank: int = 30, wide: bool = False) -> Column:
    """A column of text. A wide column is hidden before all others."""
    return Column(name, CellKind.TEXT, rank + 65 if wide else rank, min(minimum, wish), wish, wide)


def names(name: str, *, wish: int = 24, rank: int = 30, wide: bool = False) -> Column:
    """A column of names, hosts or addresses, whose both ends matter."""
    return Column(name, CellKind.NAME, rank + 65 if wide else rank, 8, wish, wide)


def number(name: str, *, rank: int = 25, wide: bool = False) -> Column:
    width = max(4, len(name))
    return Column(name, CellKind.NUMBER, rank + 65 if wide else rank, min(width, 7), width, wide, right=True)


def flag(name: str, *, wide: bool = False) -> Column:
    return Column(name, CellKind.FLAG, 100 if wide else 35, 5, max(5, len(name)), wide)


def time(name: str, *, rank: int = 15, wide: bool = False) -> Column:
    """A column of times, shown as ages."""
    return Column(name, CellKind.TIME, rank + 65 if wide else rank, 4, max(4, len(name)), wide)


def cpu(name: str) -> Column:
    return Column(name, CellKind.CPU, 60, 5, 6, wide=True, right=True)


def size(name: str) -> Column:
    return Column(name, CellKind.BYTES, 60, 5, 7, wide=True, right=True)
