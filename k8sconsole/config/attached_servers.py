"""The attached MCP servers of the settings: which are enabled, and checks before any is started."""

import os
import re
import shlex
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

import msgspec

from k8sconsole.config.settings import Settings
from k8sconsole.errors import ConfigurationError
from k8sconsole.kit.text import nearest_or_first
from k8sconsole.model.attached_servers import SCANNING_TOOLS, AttachedServerSettings

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,22}[a-z0-9])?")
_VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)\}")
_HTTP = ("http", "https")
_HTTP_TYPES = ("http", "streamablehttp")
"""Compared without case, dashes and underscores, which clients spell differently."""


ATTACHED_VARIABLE = "K8SCONSOLE_ATTACHED"
"""Environment variable set for every attached server that is started. If that server is k8sconsole itself with the same settings, it
must not start attached servers of its own, endlessly."""


def enabled_servers(settings: Settings) -> tuple[AttachedServerSettings, ...]:
    """The enabled attached servers; none where this process is an attached server itself. Raises ConfigurationError."""
    if os.environ.get(ATTACHED_VARIABLE):
        return ()
    return tuple(_with_scanning(server) if server.name == settings.scanner.source else server for server in _all_enabled(settings))


def _with_scanning(server: AttachedServerSettings) -> AttachedServerSettings:
    return msgspec.structs.replace(server, reads=(*server.reads, *SCANNING_TOOLS))


def scan_source(settings: Settings) -> str:
    """The name of the attached server through which the cluster is scanned; empty for the API server itself."""
    return "" if os.environ.get(ATTACHED_VARIABLE) else settings.scanner.source


def _all_enabled(settings: Settings) -> tuple[AttachedServerSettings, ...]:
    one = settings.mcp_server
    single = (_parse_single(one.url, one.type, one.name),) if one.url else ()
    return tuple(server for server in (*settings.mcp_servers, *single) if server.enabled)


def check_servers(settings: Settings, origins: Mapping[str, str]) -> None:
    """Raises ConfigurationError for a server without command and url, for an invalid name, and for a name used twice.

    origins: dotted key to where its value came from; the error names that place.
    """
    where = origins.get("mcp_servers") or origins.get("mcp_server.url") or "mcp_servers"
    names: set[str] = set()
    for server in _all_enabled(settings):
        _check_server(server, where)
        if server.name in names:
            raise ConfigurationError(f"{where}: mcp_servers", f"two servers are named {server.name!r}", "a different name for each")
        names.add(server.name)
    _check_source(settings.scanner.source, names, origins.get("scanner.source", "settings"))


def expand_variables(values: Mapping[str, str], server: str) -> dict[str, str]:
    """The values with each ``${NAME}`` replaced from the environment. server: its name, for the error.

    Raises ConfigurationError for a variable that is not set: an empty token would fail later, with a less clear error.
    """

    def value(found: re.Match[str]) -> str:
        if found[1] not in os.environ:
            raise ConfigurationError(f"mcp_servers: {server}", f"the variable {found[1]} is not set", f"export {found[1]}=…")
        return os.environ[found[1]]

    return {key: _VARIABLE.sub(value, text) for key, text in values.items()}


def hide_values(server: AttachedServerSettings) -> AttachedServerSettings:
    """The server as it may be shown: values of env and headers without a variable in them read ``[set]``."""
    return msgspec.structs.replace(server, env=_hide_unless_variable(server.env), headers=_hide_unless_variable(server.headers))


def _hide_unless_variable(values: Mapping[str, str]) -> dict[str, str]:
    return {key: text if _VARIABLE.search(text) else "[set]" for key, text in values.items()}


def _check_source(name: str, names: set[str], where: str) -> None:
    if name and name not in names:
        close = nearest_or_first(name, sorted(names))
        remedy = f"did you mean {close[0]}?" if close else "add the server to mcp_servers"
        raise ConfigurationError(f"{where}: scanner.source", f"no attached server is named {name!r}", remedy)


def _check_server(server: AttachedServerSettings, where: str) -> None:
    what = f"{where}: mcp_servers {server.name!r}"
    if not _NAME.fullmatch(server.name):
        raise ConfigurationError(what, "a name has 1 to 24 lower-case letters, digits and dashes", "name: files")
    if bool(server.command) == bool(server.url):
        raise ConfigurationError(what, "a server needs either a command or a url", "command: some-server, or url: https://host/mcp")
    _check_type(server, what)
    if server.url and (urlsplit(server.url).scheme not in _HTTP or not urlsplit(server.url).hostname):
        raise ConfigurationError(what, "the url is not an http address", "url: https://host/mcp")
    if server.timeout <= 0:
        raise ConfigurationError(what, "the timeout must be above zero seconds", "timeout: 30")


def _check_type(server: AttachedServerSettings, what: str) -> None:
    wanted = "url" if _is_http(server.type) else "command"
    if server.type and not _is_http(server.type) and server.type.lower() != "stdio":
        raise ConfigurationError(what, f"the type {server.type!r} is neither stdio nor http", f"type: {server.transport}")
    if server.type and not getattr(server, wanted):
        raise ConfigurationError(what, f"a server of type {server.type} needs a {wanted}", f"type: {server.transport}")


def _is_http(kind: str) -> bool:
    return kind.lower().replace("-", "").replace("_", "") in _HTTP_TYPES


def _parse_single(url: str, kind: str, name: str) -> AttachedServerSettings:
    scheme = urlsplit(url).scheme
    if kind.lower() not in ("", "stdio") and not _is_http(kind):
        raise ConfigurationError("MCP_SERVER_TYPE", f"{kind!r} is neither stdio nor http", "MCP_SERVER_TYPE=stdio")
    if scheme in _HTTP and kind.lower() != "stdio":
        return AttachedServerSettings(name, url=url)
    if scheme not in ("stdio", "") or kind.lower() not in ("", "stdio"):
        raise ConfigurationError(
            "MCP_SERVER_URL", f"{url!r} is neither stdio:///path/to/server nor an http address", "MCP_SERVER_URL=https://host/mcp"
        )
    words = shlex.split(unquote(url.removeprefix("stdio://")))
    if not words:
        raise ConfigurationError("MCP_SERVER_URL", "it has no command", "MCP_SERVER_URL=stdio:///path/to/server")
    return AttachedServerSettings(name, command=words[0], args=tuple(words[1:]))
