"""One thing that happened, as a timeline shows it."""

import msgspec


class Moment(msgspec.Struct, frozen=True):
    """at: seconds since the epoch. change: added, modified, deleted, or a word for what is no change: event, warning, gap. subject: what it
    happened to, empty for the object whose timeline it is. lines: what differs, or what was said."""

    at: float
    change: str
    subject: str = ""
    by: str = ""
    lines: tuple[str, ...] = ()
