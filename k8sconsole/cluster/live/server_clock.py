"""How far a server's clock is ahead of this machine's, from the ``Date`` header of its responses.

The objects carry times of the server's clock, so their ages count from it. Otherwise, with a server one hour ahead, everything recent
would be 0 s old.

https://www.rfc-editor.org/rfc/rfc9110.html#name-date
"""

from email.utils import parsedate_to_datetime

_RESOLUTION = 1.0
"""Seconds: the header has no fractions."""

_STEP = 0.75
"""Seconds: the estimate changes only by more than this, so that it does not follow every response."""


class ServerClock:
    """skew: seconds by which the server is ahead; 0 while its responses allow that, None before the first of them."""

    def __init__(self) -> None:
        self.skew: float | None = None
        self._bounds = float("-inf"), float("inf")

    def observe(self, date: str, sent_at: float, received_at: float) -> None:
        """Takes one response. date: its header. sent_at, received_at: this machine's time, in seconds since the epoch.

        The server read its clock at some moment between the two, so each response bounds the skew. A response that contradicts the earlier
        ones replaces them: one of the clocks was set.
        """
        try:
            at = parsedate_to_datetime(date).timestamp()
        except ValueError:
            return
        least, most = at - received_at, at + _RESOLUTION - sent_at
        common = max(least, self._bounds[0]), min(most, self._bounds[1])
        self._bounds = common if common[0] <= common[1] else (least, most)
        least, most = self._bounds
        estimate = 0.0 if least <= 0 <= most else (least + most) / 2
        if self.skew is None or abs(estimate - self.skew) > _STEP:
            self.skew = float(round(estimate))
