"""Descriptions of ConfigMaps, Secrets, quotas and namespaces."""

from base64 import b64decode
from typing import Any

from k8sconsole.model.describe.sections import JsonNode, Line, Section, make_lines, make_section
from k8sconsole.model.quantities import parse_quantity

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
    scopes = make_lines([("Scopes", ", ".join(obj.at("spec", "scopes").words()))])
    return make_section("Used", [*scopes, *make_quota_lines(obj)])


def make_quota_lines(quota: JsonNode) -> list[Line]:
    """The use of each resource and its share in percent. A quota that was never counted shows its limits alone."""
    used, hard = quota.at("status", "used"), quota.at("status", "hard")
    if not hard:
        return [Line(name, f"not counted yet, of {amount}") for name, amount in quota.at("spec", "hard").items()]
    return [Line(name, f"{used[name] or 0} of {amount}{_format_share(str(used[name] or 0), str(amount))}") for name, amount in hard.items()]


def _format_share(used: str, hard: str) -> str:
    try:
        part, whole = parse_quantity(used), parse_quantity(hard)
    except ValueError:
        return ""
    return f" ({part * 100 // whole}%)" if whole else ""


def describe_namespace(obj: JsonNode, now: float) -> list[Section]:
    return make_section(
        "Namespace", make_lines([("Status", obj.at("status", "phase")), ("Finalizers", ", ".join(obj.at("spec", "finalizers").words()))])
    )
