"""Reads a settings file. Every value keeps the line of its key, also of keys within lists, so that an error can name it."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.errors import ConfigurationError
from k8sconsole.kit.text import format_yaml_problem

if TYPE_CHECKING:
    import yaml

_NULL = "tag:yaml.org,2002:null"
_SCHEMA = "k8sconsole config schema"


class RawValue(msgspec.Struct, frozen=True):
    """A value before conversion, and its origin, such as ``CACHE_DB_PATH in the environment`` or ``k8sconsole.yaml line 3``.

    origins: path below the value, such as ``[0].action``, to the origin of that part. Empty for a value that is not from a file.
    """

    value: Any
    origin: str
    origins: Mapping[str, str] = {}

    def origin_of(self, path: str) -> str:
        """The origin of the part at this path, or of the nearest part around it."""
        while path and path not in self.origins:
            path = path[: max(path.rfind("."), path.rfind("["))]
        return self.origins.get(path, self.origin)


def read_settings_file(path: Path, sections: Collection[str]) -> dict[str, RawValue]:
    """Dotted key to value, for each key of each section. sections: dotted names of the mappings that are not values.

    Raises ConfigurationError for a file that cannot be read, is not YAML, has a key twice, or a section that is none.
    """
    import yaml

    try:
        node = yaml.compose(path.read_text(), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as cause:
        raise ConfigurationError(f"cannot read {path}", str(cause), "check the file's permissions") from cause
    except yaml.YAMLError as cause:
        raise ConfigurationError(f"{path} is not valid YAML", format_yaml_problem(cause), "k8sconsole config validate") from cause
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise ConfigurationError(f"{path} line 1", "expected a mapping of sections", _SCHEMA)
    return dict(_read_section(node, "", path.name, sections))


def _read_section(node: "yaml.MappingNode", prefix: str, file: str, sections: Collection[str]) -> Iterator[tuple[str, RawValue]]:
    import yaml

    for name, where, value_node in _read_pairs(node, file):
        key = f"{prefix}{name}"
        if key not in sections:
            yield key, RawValue(yaml.SafeLoader("").construct_document(value_node), where, dict(_find_origins(value_node, "", file)))
        elif isinstance(value_node, yaml.MappingNode):
            yield from _read_section(value_node, f"{key}.", file, sections)
        elif value_node.tag != _NULL:
            raise ConfigurationError(f"{where}: {key}", "expected a section with keys below it", _SCHEMA)


def _read_pairs(node: "yaml.MappingNode", file: str) -> Iterator[tuple[str, str, "yaml.Node"]]:
    """Key, origin and value of each entry. YAML itself would let the last of two equal keys win. Raises ConfigurationError."""
    first: dict[str, int] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = str(key_node.value)
        if key in first:
            raise ConfigurationError(f"{file} line {line}: {key}", f"the key is already on line {first[key]}", "remove one of the two")
        first[key] = line
        yield key, f"{file} line {line}", value_node


def _find_origins(node: "yaml.Node", path: str, file: str) -> Iterator[tuple[str, str]]:
    """The path and the origin of every part of a value."""
    import yaml

    if isinstance(node, yaml.SequenceNode):
        for place, element in enumerate(node.value):
            yield f"{path}[{place}]", f"{file} line {element.start_mark.line + 1}"
            yield from _find_origins(element, f"{path}[{place}]", file)
    elif isinstance(node, yaml.MappingNode):
        for key, where, value_node in _read_pairs(node, file):
            yield f"{path}.{key}", where
            yield from _find_origins(value_node, f"{path}.{key}", file)
