"""Attached MCP servers: external servers whose tools join the catalogue. Their settings and their state."""

from enum import StrEnum

import msgspec

TOOL_NAME_SEPARATOR = "__"
"""Separates the server's name from the tool's name, as in ``files__read_file``."""


class AttachedServerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One server: a command that speaks MCP over stdio, or the URL of a server that speaks it over HTTP.

    env, headers: values may name variables of this program's environment as ``${NAME}``. reads: globs of the tools that the user declares
    read-only; every other tool needs approval before a call, whatever annotations the server sends. timeout: seconds per call.
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
    """Whether an attached server answers."""

    CONNECTING = "connecting"
    READY = "ready"
    LOST = "lost"


class AttachedServerStatus(msgspec.Struct, frozen=True):
    """The state of one server. since: seconds since the epoch. held: tools that changed after they were trusted and so are blocked.

    detail: why the server is lost, or which tools were left out.
    """

    name: str
    transport: str
    state: AttachedServerState = msgspec.field(name="trust")  # the key that ``tools servers --json`` has always printed
    since: float
    tools: int = 0
    held: tuple[str, ...] = ()
    detail: str = ""


class TrustedTool(msgspec.Struct, frozen=True):
    """The definition of an attached server's tool when the user trusted it: description, schemas and annotations, as JSON text."""

    name: str
    definition: str
    trusted_at: float
