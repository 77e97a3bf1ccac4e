"""The settings: one tree. The text under a field is its entry in the manual, and its default is the default everywhere."""

from typing import Literal

import msgspec

from k8sconsole.model.attached_servers import AttachedServerSettings
from k8sconsole.model.clusters import PoolBounds
from k8sconsole.model.history.rules import HistoryRules
from k8sconsole.model.policy import Limits, Policy


class ScannerSettings(msgspec.Struct, frozen=True):
    """Reading the cluster in the background."""

    static_interval: float = 1800.0
    """Seconds between two full reads of what changes slowly: nodes, namespaces, quotas, storage."""
    dynamic_interval: float = 300.0
    """Seconds between two full reads of what changes often: pods, deployments, services, events. A live watch makes most unnecessary."""
    timeout: float = 120.0
    """Seconds one kind may take to be read before the attempt counts as failed."""
    batch_size: int = 100
    """Objects of a list handed to the cache at first, so that its first rows are shown soon; the rest goes by whole pages."""
    page_size: int = 500
    """Objects asked of the API server in one page of a list."""
    max_concurrent: int = 3
    """Lists running against one API server at the same time."""
    metrics_interval: float = 30.0
    """Seconds between two readings of CPU and memory use, where the cluster has metrics."""
    enabled: bool = True
    """Whether this process scans at all; another process on the same cache may."""
    source: str = ""
    """The attached MCP server, of those in mcp_servers, that the cluster is read through. Empty: the API server itself."""


class CacheSettings(msgspec.Struct, frozen=True):
    """The cache file."""

    db_path: str = ""
    """The SQLite file. Empty: data/k8s_cache.db in a checkout, the user's data directory otherwise."""
    db_timeout: float = 30.0
    """Seconds to wait for another process that holds the file."""
    db_max_connections: int = 10
    """Readers at the same time."""
    static_ttl: float = 1800.0
    """Seconds after which a slowly changing row that nothing confirmed counts as expired."""
    dynamic_ttl: float = 300.0
    """The same for what changes often."""
    tool_mapping_ttl: float = 3600.0
    """Seconds the stored description of a tool stays valid."""
    cleanup_interval: float = 300.0
    """Seconds between two clean-ups."""
    encryption: Literal["none", "keyring", "environment", "command"] = "none"
    """Where the key comes from that encrypts the file: the system's keyring, K8SCONSOLE_CACHE_KEY in the environment, or key_command."""
    key_command: tuple[str, ...] = ()
    """The command and its arguments, run without a shell, that prints the key."""


class ModelSettings(msgspec.Struct, frozen=True):
    """The language model behind the chat pane."""

    provider: str = ""
    """openai, anthropic, gemini, ollama, openrouter, …"""
    model: str = ""
    """The model's name at that provider. Empty: the chat pane answers only what a command can answer."""
    api_key: str = ""
    """Its key; better kept in the environment than in a file."""
    api_base: str = ""
    """Another address for the provider's interface."""


class SingleServerSettings(msgspec.Struct, frozen=True):
    """One attached MCP server, for where an environment is all there is to write in; several stand in mcp_servers."""

    url: str = ""
    """stdio:///path/to/server for a command, or its http address. Empty: none."""
    type: str = ""
    """stdio or http. Empty: as the address says."""
    name: str = "outside"
    """What its tools' names begin with."""


class ConsoleSettings(msgspec.Struct, frozen=True):
    """How the console looks and feels."""

    mouse: bool = True
    """Whether the console takes the mouse; off gives the terminal's own selection back."""
    favourites: tuple[str, ...] = ()
    """Namespaces on the keys 1 to 9."""
    stale_after: float = 60.0
    """Seconds after which a row that nothing confirmed says how old it is."""
    log_lines: int = 20_000
    """Lines a log view keeps."""


class LogSettings(msgspec.Struct, frozen=True):
    """The program's own log: JSON lines."""

    level: str = "INFO"
    """DEBUG, INFO, WARNING or ERROR."""
    folder: str = ""
    """The folder of k8sconsole.log. Empty: logs in a checkout, the user's log directory otherwise."""
    max_bytes: int = 10_000_000
    """Size at which the file is rotated."""
    backups: int = 5
    """Rotated files kept."""


class Settings(msgspec.Struct, frozen=True):
    """Everything the program can be told."""

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
    """MCP servers of others whose tools join the catalogue, such as ``{name: files, command: some-server, args: [--stdio]}``."""
    limits: Limits = Limits()
    theme: str = "night"
    """A file's name in themes/, without its ending."""
    keymap: dict[str, str] = {}
    """Action id to keys, such as ``logs: "L"``."""
