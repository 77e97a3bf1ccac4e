"""What a server needs that a client starts from a desktop: the environment that this shell has and the desktop has not, and options that
are checked before they are written."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from k8sconsole.config.attached_servers import enabled_servers
from k8sconsole.config.loader import resolve_db_path
from k8sconsole.config.settings import Settings
from k8sconsole.errors import ConfigurationError
from k8sconsole.model.clusters import ContextInfo
from k8sconsole.runtime.cluster_pool import find_contexts, unknown_context

_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
_PATHS = ("KUBECONFIG", "PYTHONPATH", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
_PLUGINS = (
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AZURE_CONFIG_DIR",
    "CLOUDSDK_CONFIG",
    "CLOUDSDK_ACTIVE_CONFIG_NAME",
    "GOOGLE_APPLICATION_CREDENTIALS",
)
"""Which account a credential plugin uses. None of them holds a secret."""


class ClientEnvironment(msgspec.Struct, frozen=True):
    """variables: what the entry shall have. notes: sentences about what was left out or kept."""

    variables: dict[str, str]
    notes: tuple[str, ...] = ()


def collect_environment(
    settings: Settings, contexts: Sequence[str], environ: Mapping[str, str], own: Mapping[str, str]
) -> ClientEnvironment:
    """Paths are absolute. PATH is included for a credential plugin, which starts programs of its own, and where an attached server is
    looked for on it. A proxy with a password is left out, because the entry is plain text.

    contexts: the chosen ones. environ: of this shell. own: what the entry has already, which goes before. Raises UnknownContext for a
    context that no kubeconfig has, ConfigurationError where a chosen one cannot be looked up.
    """
    shell, environ = environ, {**environ, **own}
    infos = _read_contexts(settings, contexts, environ)
    plugins = [info.plugin for info in infos if info.plugin and (info.name in contexts or not contexts)]
    commands = [server.command for server in enabled_servers(settings) if server.command]
    wanted = {name: _absolute(environ[name]) for name in _PATHS if environ.get(name)}
    if (plugins or any(os.sep not in command for command in commands)) and environ.get("PATH"):
        wanted["PATH"] = environ["PATH"]
    if plugins:
        wanted |= {name: environ[name] for name in _PLUGINS if environ.get(name)}
    if settings.cache.db_path:
        wanted["CACHE_DB_PATH"] = str(resolve_db_path(settings))
    proxies = {name: environ[name] for word in _PROXIES for name in (word, word.lower()) if environ.get(name)}
    secret = [name for name, value in proxies.items() if _has_password(value) and name not in own]
    wanted |= {name: value for name, value in proxies.items() if name not in secret}
    notes = [f"{name} has a password and is left out (try: add it to the entry's env yourself)" for name in secret]
    notes += [
        f"{name} stays as the entry's env has it, though it is another here (try: remove it from the entry)"
        for name in ("KUBECONFIG", "CACHE_DB_PATH")
        if name in own and shell.get(name, own[name]) != own[name]
    ]
    return ClientEnvironment({**wanted, **own}, tuple(notes))


def known_toolsets(settings: Settings) -> frozenset[str]:
    """The toolsets of this version and of the attached servers in the settings."""
    from k8sconsole.tools.registry import builtin_registry

    return frozenset({tool.toolset for tool in builtin_registry()} | {server.name for server in enabled_servers(settings)})


def _read_contexts(settings: Settings, wanted: Sequence[str], environ: Mapping[str, str]) -> Sequence[ContextInfo]:
    try:
        found = find_contexts(settings.cluster, environ).list()
    except ConfigurationError:
        if wanted:
            raise
        return ()
    names = [info.name for info in found]
    for name in wanted:
        if name not in names:
            raise unknown_context(name, names)
    return found


def _absolute(paths: str) -> str:
    """A list of paths, as KUBECONFIG is."""
    return os.pathsep.join(os.path.abspath(Path(part).expanduser()) for part in paths.split(os.pathsep) if part)


def _has_password(proxy: str) -> bool:
    try:
        return urlsplit(proxy if "//" in proxy else f"//{proxy}").password is not None
    except ValueError:
        return False
