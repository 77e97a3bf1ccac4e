"""The tree of settings. The text under a field is its entry in docs/configuration.md and in ``config schema``."""

from typing import Literal

import msgspec

from k8sconsole.model.attached_servers import AttachedServerSettings
from k8sconsole.model.clusters import PoolBounds
from k8sconsole.model.history.rules import HistoryRules
from k8sconsole.model.policy import Limits, Policy


class ScannerSettings(msgspec.Struct, frozen=True):
    """Reading the cluster in the background."""

    static_interval: float = 1800.0
    """Seconds between two full reads of kinds that change slowly: nodes, namespaces, quotas, storage."""
    dynamic_interval: float = 300.0
    """Seconds between two full reads of kinds that change often: pods, deployments, services, events. A live watch replaces most."""
    timeout: float = 120.0
    """Seconds the reading of one kind may take before it counts as failed."""
    batch_size: int = 100
    """Objects of a list that are written to the cache first, so that rows appear soon; the rest is written in whole pages."""
    page_size: int = 500
    """Objects requested from the API server per page of a list."""
    max_concurrent: int = 3
    """Lists that run against one API server at the same time."""
    max_watches: int = 150
    """Connections for watches to one cluster, fewer where the system allows this process few open files. A cluster with more kinds has the
    others watched in turns, every minute or so."""
    metrics_interval: float = 30.0
    """Seconds between two readings of CPU and memory usage, where the cluster has the Metrics API."""
    enabled: bool = True
    """Whether this process scans. Another process on the same cache file may scan in any case."""
    source: str = ""
    """The attached MCP server, one of mcp_servers, through which the cluster is read. Empty: the API server itself."""


class CacheSettings(msgspec.Struct, frozen=True):
    """The cache file."""

    db_path: str = ""
    """The SQLite file. Empty: data/k8s_cache.db in a checkout, the user's data directory otherwise."""
    db_timeout: float = 30.0
    """Seconds to wait while another process holds the file's lock."""
    db_max_connections: int = 10
    """Connections that read the file at the same time."""
    static_ttl: float = 1800.0
    """Seconds after which a row of a slowly changing kind expires unless a scan confirms it."""
    dynamic_ttl: float = 300.0
    """The same for kinds that change often."""
    tool_mapping_ttl: float = 3600.0
    """Seconds for which a stored description of a tool is valid."""
    cleanup_interval: float = 300.0
    """Seconds between two removals of expired rows."""
    encryption: Literal["none", "keyring", "environment", "command"] = "none"
    """Source of the key that encrypts the file: the system's keyring, K8SCONSOLE_CACHE_KEY in the environment, or key_command."""
    key_command: tuple[str, ...] = ()
    """The command that prints the key, with its arguments; run without a shell."""


class ModelSettings(msgspec.Struct, frozen=True):
    """The language model behind the chat pane."""

    provider: str = ""
    """openai, anthropic, gemini, ollama, openrouter, …"""
    model: str = ""
    """The model's name at that provider. Empty: the chat pane answers only questions that need no model."""
    api_key: str = ""
    """The provider's API key. Set it in the environment rather than in a file."""
    api_base: str = ""
    """Base URL of the provider's API, where it is not the usual one."""


class SingleServerSettings(msgspec.Struct, frozen=True):
    """One attached MCP server, set through the environment. mcp_servers holds several."""

    url: str = ""
    """stdio:///path/to/server for a command, or an http address. Empty: no server."""
    type: str = ""
    """stdio or http. Empty: derived from the address."""
    name: str = "outside"
    """The prefix of its tools' names."""


class ConsoleSettings(msgspec.Struct, frozen=True):
    """The console's display and input."""

    mouse: bool = True
    """Whether the console uses the mouse. Off: the terminal's own text selection works."""
    favourites: tuple[str, ...] = ()
    """Namespaces on the keys 1 to 9."""
    stale_after: float = 60.0
    """Seconds after which a row that was not confirmed shows its age."""
    log_lines: int = 20_000
    """Lines that a log view holds."""


class LogSettings(msgspec.Struct, frozen=True):
    """The program's own log: JSON lines."""

    level: str = "INFO"
    """DEBUG, INFO, WARNING or ERROR."""
    folder: str = ""
    """The folder of k8sconsole.log. Empty: logs in a checkout, the user's log directory otherwise."""
    max_bytes: int = 10_000_000
    """Bytes at which the file is rotated."""
    backups: int = 5
    """Number of rotated files that are kept."""


class Settings(msgspec.Struct, frozen=True):
    """All settings."""

    scanner: ScannerSettings = ScannerSettings()
    cache: CacheSettings = CacheSettings()
    cluster: PoolBounds = PoolBounds()
    history: HistoryRules = HistoryRules()
    llm: ModelSettings = ModelSettings()
    console: ConsoleSettings = ConsoleSettings()
    log: LogSettings = LogSettings()
    policy: Policy = Policy()
    mcp_server: SingleServerSettings = SingleServerSettings()
    mcp_servers: tuple[AttachedServerSettings, ...] = ()
    """Attached MCP servers, whose tools join the catalogue, such as ``{name: files, command: some-server, args: [--stdio]}``."""
    limits: Limits = Limits()
    theme: str = "night"
    """The name of a file in themes/, without its extension."""
    keymap: dict[str, str] = {}
    """Action id to keys, such as ``logs: "L"``."""
