"""How far a server's clock is ahead of this machine's, from the ``Date`` header of its responses.

The objects carry times of the server's clock, so their ages count from it. Otherwise, with a server one hour ahead, everything recent
would be 0 s old.

https://www.rfc-editor.org/rfc/rfc9110.html#name-date
"""

from email.utils import parsedate_to_datetime

_RESOLUTION = 1.0
"""Seconds: the header has no fractions."""


class ServerClock:
    """skew: seconds by which the server is ahead; 0 while its responses allow that, None before the first of them."""

    def __init__(self) -> None:
        self.skew: float | None = None

    def observe(self, date: str, sent_at: float, received_at: float) -> None:
        """Takes one response. date: its header. sent_at, received_at: this machine's time, in seconds since the epoch.

        The server read its clock at some moment between the two, so each response bounds the skew. The estimate changes only when a
        response contradicts it.
        """
        try:
            at = parsedate_to_datetime(date).timestamp()
        except ValueError:
            return
        least, most = at - received_at, at + _RESOLUTION - sent_at
        for estimate in (self.skew, 0.0):
            if estimate is not None and least <= estimate <= most:
                self.skew = estimate
                return
        self.skew = (least + most) / 2
