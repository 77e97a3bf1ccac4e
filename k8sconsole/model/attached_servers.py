"""MCP servers of others, attached to this program: how they are named in the settings, and how they are."""

from enum import StrEnum

import msgspec

TOOL_NAME_SEPARATOR = "__"
"""Between a server's name and its tool's."""


class AttachedServerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A command that speaks MCP over its standard input and output, or the address of one that speaks it over HTTP.

    Values of env and headers may name variables of this program's own environment as ``${NAME}``. reads: globs of the tools that a person
    vouches for as reading only; every other tool asks before it is called, whatever the server says of it. timeout: seconds a call may
    take.
    """

    name: str
    command: str = ""
    args: tuple[str, ...] = ()
    env: dict[str, str] = {}
    url: str = ""
    headers: dict[str, str] = {}
    reads: tuple[str, ...] = ()
    timeout: float = 30.0
    enabled: bool = True

    @property
    def transport(self) -> str:
        return "http" if self.url else "stdio"


class AttachedServerState(StrEnum):
    """The one word an attached server's state is told with."""

    CONNECTING = "connecting"
    READY = "ready"
    LOST = "lost"


class AttachedServerStatus(msgspec.Struct, frozen=True):
    """since: seconds since the epoch. held: tools that changed after they were trusted. detail: why it is lost, or what was left out."""

    name: str
    transport: str
    state: AttachedServerState
    since: float
    tools: int = 0
    held: tuple[str, ...] = ()
    detail: str = ""


class TrustedTool(msgspec.Struct, frozen=True):
    """What a tool of somebody else's looked like when it was trusted. definition: its description, schemas and claims as JSON text."""

    name: str
    definition: str
    trusted_at: float
