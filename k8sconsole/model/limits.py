"""How much is done at the same time. What happens beyond it is ``tools.rooms``'s business."""

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """Calls of tools at the same time. The scanner has limits of its own."""

    at_once: int = 64
    """Calls running at the same time in all. A quarter of it is kept for the console's keys and for commands."""
    per_caller: int = 24
    """The same for one caller, such as one MCP client."""
    waiting: int = 256
    """Calls of one caller that may wait for their turn; one more is refused, and told when to try again."""
    patience: float = 15.0
    """Seconds a call waits for its turn before it is refused."""
