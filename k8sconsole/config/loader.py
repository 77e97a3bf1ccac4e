"""Loads the settings. Precedence: flag, environment, .env, file, default. The origin of each value is recorded."""

import fnmatch
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import msgspec

from k8sconsole.config import paths
from k8sconsole.config.attached_servers import check_servers
from k8sconsole.config.conversion import SCHEMA, convert_value
from k8sconsole.config.settings import Settings
from k8sconsole.config.settings_file import RawValue, read_settings_file
from k8sconsole.errors import ConfigurationError
from k8sconsole.kit.text import find_nearest
from k8sconsole.model.policy import Policy
from k8sconsole.model.tools import Face

PREFIX = "K8SCONSOLE_"

ENVIRONMENT_ALIASES: dict[str, str] = {
    "SCANNER_STATIC_INTERVAL": "scanner.static_interval",
    "SCANNER_DYNAMIC_INTERVAL": "scanner.dynamic_interval",
    "SCANNER_TIMEOUT": "scanner.timeout",
    "SCANNER_BATCH_SIZE": "scanner.batch_size",
    "SCANNER_MAX_CONCURRENT": "scanner.max_concurrent",
    "SCANNER_CONCURRENT_LIMIT": "scanner.max_concurrent",
    "CACHE_DB_PATH": "cache.db_path",
    "CACHE_DB_TIMEOUT": "cache.db_timeout",
    "CACHE_DB_MAX_CONNECTIONS": "cache.db_max_connections",
    "CACHE_STATIC_TTL": "cache.static_ttl",
    "CACHE_DYNAMIC_TTL": "cache.dynamic_ttl",
    "CACHE_TOOL_MAPPING_TTL": "cache.tool_mapping_ttl",
    "CACHE_CLEANUP_INTERVAL": "cache.cleanup_interval",
    "LLM_PROVIDER": "llm.provider",
    "LLM_MODEL": "llm.model",
    "LLM_MODEL_NAME": "llm.model",
    "LLM_API_KEY": "llm.api_key",
    "LLM_API_BASE": "llm.api_base",
    "MCP_SERVER_URL": "mcp_server.url",
    "MCP_SERVER_TYPE": "mcp_server.type",
    "MCP_SERVER_NAME": "mcp_server.name",
}
"""The short environment names; everything else is K8SCONSOLE_<SECTION>__<KEY>."""


class LoadedSettings(msgspec.Struct, frozen=True):
    """The settings, and where they came from. origins: dotted key to the origin of its value; a key that is absent has its default."""

    settings: Settings
    origins: dict[str, str]
    file: Path | None


def iterate_settings(kind: type[msgspec.Struct] = Settings, prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(dotted key, type, default) of every setting."""
    for field in msgspec.structs.fields(kind):
        name = f"{prefix}{field.name}"
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from iterate_settings(field.type, f"{name}.")
        else:
            default = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
            yield name, field.type, default


def load_settings(
    flags: Mapping[str, Any] | None = None, *, environment: Mapping[str, str] | None = None, file: Path | None = None
) -> LoadedSettings:
    """The settings of this process. flags: dotted key to value; None means not given. environment: defaults to ``os.environ``.

    Raises ConfigurationError, which names the place, the key and the nearest valid key.
    """
    env = os.environ if environment is None else environment
    chosen = file or find_settings_file()
    layers = [
        _read_flags(flags or {}),
        _read_environment(env, "in the environment"),
        _read_environment(_read_dotenv(), "in .env"),
        _read_file(chosen) if chosen else {},
    ]
    given: dict[str, RawValue] = {}
    for layer in reversed(layers):
        given.update(layer)
    types = {key: kind for key, kind, _ in iterate_settings()}
    values = {key: convert_value(key, one, types[key]) for key, one in given.items()}
    origins = {key: one.origin for key, one in given.items()}
    settings = _build(Settings, values)
    check_servers(settings, origins)
    _check_policy(settings.policy, given)
    return LoadedSettings(settings, origins, chosen)


def _check_policy(policy: Policy, given: Mapping[str, RawValue]) -> None:
    """Raises ConfigurationError for what would match nothing without a word: an invalid pattern, a face that does not exist."""
    for place, pattern in enumerate(policy.production):
        try:
            re.compile(pattern)
        except re.error as cause:
            where = given["policy.production"].origin_of(f"[{place}]")
            raise ConfigurationError(f"{where}: policy.production[{place}]", f"{pattern!r} is no pattern: {cause}", SCHEMA) from cause
    for place, rule in enumerate(policy.rules):
        for face in (one for one in rule.faces if not fnmatch.filter(list(Face), one)):
            where = given["policy.rules"].origin_of(f"[{place}].faces")
            raise ConfigurationError(f"{where}: policy.rules[{place}].faces", f"no face is named {face!r}", f"one of {', '.join(Face)}")


def find_settings_file() -> Path | None:
    root = paths.checkout_root()
    places = [*([root] if root else []), paths.config_dir()]
    return next((place / "k8sconsole.yaml" for place in places if (place / "k8sconsole.yaml").is_file()), None)


def resolve_db_path(settings: Settings) -> Path:
    """The absolute path of the cache file. A relative setting is resolved against the checkout, or else the working directory."""
    return _resolve(settings.cache.db_path) if settings.cache.db_path else paths.data_dir() / "k8s_cache.db"


def resolve_log_folder(settings: Settings) -> Path:
    """The absolute path of the log folder. A relative setting is resolved as that of the cache is."""
    return _resolve(settings.log.folder) if settings.log.folder else paths.log_dir()


def _resolve(given: str) -> Path:
    path = Path(given).expanduser()
    return path if path.is_absolute() else (paths.checkout_root() or Path.cwd()) / path


def _read_flags(flags: Mapping[str, Any]) -> dict[str, RawValue]:
    return {key: RawValue(value, "a flag") for key, value in flags.items() if value is not None}


def _read_environment(env: Mapping[str, str], where: str) -> dict[str, RawValue]:
    found: dict[str, RawValue] = {}
    for name, value in env.items():
        if name in ENVIRONMENT_ALIASES and value != "":
            found[ENVIRONMENT_ALIASES[name]] = RawValue(value, f"{name} {where}")
        elif name.startswith(PREFIX) and "__" in name:
            key = name.removeprefix(PREFIX).lower().replace("__", ".")
            _check_key(key, f"{name} {where}")
            found[key] = RawValue(_decode_json(value), f"{name} {where}")
    return found


def _decode_json(value: str) -> Any:
    """Lists and mappings are written as JSON; every other value stays text until its field's type converts it."""
    if value[:1] in "[{":
        try:
            return msgspec.json.decode(value.encode())
        except msgspec.DecodeError:
            return value
    return value


def _read_dotenv() -> dict[str, str]:
    path = (paths.checkout_root() or Path.cwd()) / ".env"
    if not path.is_file():
        return {}
    from dotenv import dotenv_values

    return {key: value for key, value in dotenv_values(path, interpolate=False).items() if value is not None}


def _read_file(path: Path) -> dict[str, RawValue]:
    sections = {key.rsplit(".", 1)[0] for key, _, _ in iterate_settings() if "." in key}
    found = read_settings_file(path, sections)
    for key, value in found.items():
        _check_key(key, value.origin)
    return found


def _check_key(key: str, where: str) -> None:
    valid = [name for name, _, _ in iterate_settings()]
    if key not in valid:
        close = find_nearest(key, valid, 1) or find_nearest(key.rsplit(".", 1)[-1], [name.rsplit(".", 1)[-1] for name in valid], 1)
        remedy = f"did you mean {close[0]}?" if close else SCHEMA
        raise ConfigurationError(f"{where}: {key}", "no such setting", remedy)


def _build(kind: type[msgspec.Struct], values: Mapping[str, Any], prefix: str = "") -> Any:
    parts: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        name = f"{prefix}{field.name}"
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            parts[field.name] = _build(field.type, values, f"{name}.")
        elif name in values:
            parts[field.name] = values[name]
    return cast("Any", kind)(**parts)
