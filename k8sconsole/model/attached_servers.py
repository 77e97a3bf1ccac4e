"""Attached MCP servers: external servers whose tools join the catalogue. Their settings and their state."""

from enum import StrEnum

import msgspec

TOOL_NAME_SEPARATOR = "__"
"""Separates the server's name from the tool's name, as in ``files__read_file``."""

SCANNING_TOOLS = (
    "k8s_get_cluster_info",
    "k8s_list_api_resources",
    "k8s_list_resources",
    "cache_refresh",
    "resources_list",
    "resources_get",
)
"""The tools through which a cluster is scanned. Who names a server as ``scanner.source`` declares that these only read."""


class AttachedServerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One server: a command that speaks MCP over stdio, or the URL of a server that speaks it over HTTP."""

    name: str
    """The prefix of its tools' names: lower-case letters, digits and dashes."""
    command: str = ""
    """The command to start, for a server that speaks over stdio."""
    args: tuple[str, ...] = ()
    """The arguments of the command."""
    env: dict[str, str] = {}
    """Environment variables of the command; a value may name one of this program's own as ``${NAME}``."""
    url: str = ""
    """The address, for a server that speaks over HTTP."""
    headers: dict[str, str] = {}
    """Headers of each request to the url; a value may name an environment variable as ``${NAME}``."""
    reads: tuple[str, ...] = ()
    """Globs of its tools that you declare read-only. Every other tool needs approval, whatever annotations the server sends."""
    timeout: float = 30.0
    """Seconds that one call may take."""
    enabled: bool = True
    """Whether the server is used."""
    type: str = ""
    """stdio or http, as other clients write it. Empty: stdio for a command, http for a url."""

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
