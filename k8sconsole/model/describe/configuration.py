"""Descriptions of ConfigMaps, Secrets, quotas and namespaces."""

from base64 import b64decode
from typing import Any

from k8sconsole.model.describe.sections import JsonNode, Line, Section, make_lines, make_section

_MASK = "[masked"


def describe_config_map(obj: JsonNode, now: float) -> list[Section]:
    lines = [Line(key, str(value)) for key, value in sorted(obj["data"].items(), key=_key_of_pair)]
    binary = [Line(key, format_binary_size(value.value)) for key, value in sorted(obj["binaryData"].items(), key=_key_of_pair)]
    return make_section("Data", lines or [Line("", "<none>")]) + make_section("Binary data", binary)


def _key_of_pair(pair: tuple[str, Any]) -> str:
    return pair[0]


def describe_secret(obj: JsonNode, now: float) -> list[Section]:
    """Keys and sizes of a Secret; a masked value shows its mask."""
    lines = [Line(key, format_secret_size(value.value)) for key, value in sorted(obj["data"].items(), key=_key_of_pair)]
    lines += [
        Line(key, format_secret_size(value.value, encoded=False)) for key, value in sorted(obj["stringData"].items(), key=_key_of_pair)
    ]
    return make_section("Secret", make_lines([("Type", obj["type"]), ("Immutable", obj["immutable"])])) + make_section(
        "Data", lines or [Line("", "<none>")]
    )


def format_secret_size(value: Any, *, encoded: bool = True) -> str:
    """The size of a secret value, or its mask; never the value."""
    if isinstance(value, str) and value.startswith(_MASK) and value.endswith("]"):
        return value
    return f"{_count_bytes(value) if encoded else len(str(value).encode(errors='replace'))} bytes"


def format_binary_size(value: Any) -> str:
    """The size of base64 data, or of the data behind a mask. Masks of earlier versions show a class of sizes only."""
    return format_secret_size(value).removeprefix("[masked: ").removesuffix("]")


def _count_bytes(value: Any) -> int:
    """The decoded size of a base64 text in bytes; of other text, its own size."""
    try:
        return len(b64decode(str(value), validate=True))
    except ValueError:
        return len(str(value).encode(errors="replace"))


def describe_quota(obj: JsonNode, now: float) -> list[Section]:
    used = obj.at("status", "used")
    lines = [Line(name, f"{used[name] or 0} of {hard}") for name, hard in obj.at("status", "hard").items()]
    scopes = make_lines([("Scopes", ", ".join(obj.at("spec", "scopes").words()))])
    return make_section("Used", [*scopes, *lines])


def describe_namespace(obj: JsonNode, now: float) -> list[Section]:
    return make_section(
        "Namespace", make_lines([("Status", obj.at("status", "phase")), ("Finalizers", ", ".join(obj.at("spec", "finalizers").words()))])
    )
