"""ConfigMaps, Secrets, quotas, namespaces."""

from base64 import b64decode
from typing import Any

from k8sconsole.model.describe.sections import Line, Node, Section, section, stated

_MASK = "[masked"


def config_map(obj: Node, now: float) -> list[Section]:
    lines = [Line(key, str(value)) for key, value in sorted(obj["data"].items(), key=_by_key)]
    binary = [Line(key, f"{_size(value.value)} bytes") for key, value in sorted(obj["binaryData"].items(), key=_by_key)]
    return section("Data", lines or [Line("", "<none>")]) + section("Binary data", binary)


def _by_key(pair: tuple[str, Any]) -> str:
    return pair[0]


def secret(obj: Node, now: float) -> list[Section]:
    """Keys and sizes; what the cache masked is told as masked."""
    lines = [Line(key, told_size(value.value)) for key, value in sorted(obj["data"].items(), key=_by_key)]
    lines += [Line(key, told_size(value.value, encoded=False)) for key, value in sorted(obj["stringData"].items(), key=_by_key)]
    return section("Secret", stated([("Type", obj["type"]), ("Immutable", obj["immutable"])])) + section(
        "Data", lines or [Line("", "<none>")]
    )


def told_size(value: Any, *, encoded: bool = True) -> str:
    """A secret value's size, or the mask that stands in its place: never the value."""
    if isinstance(value, str) and value.startswith(_MASK) and value.endswith("]"):
        return value
    return f"{_size(value) if encoded else len(str(value).encode(errors='replace'))} bytes"


def _size(value: Any) -> int:
    """Bytes behind a base64 text; of other text, its own."""
    try:
        return len(b64decode(str(value), validate=True))
    except ValueError:
        return len(str(value).encode(errors="replace"))


def quota(obj: Node, now: float) -> list[Section]:
    used = obj.at("status", "used")
    lines = [Line(name, f"{used[name] or 0} of {hard}") for name, hard in obj.at("status", "hard").items()]
    scopes = stated([("Scopes", ", ".join(obj.at("spec", "scopes").words()))])
    return section("Used", [*scopes, *lines])


def namespace(obj: Node, now: float) -> list[Section]:
    return section(
        "Namespace", stated([("Status", obj.at("status", "phase")), ("Finalizers", ", ".join(obj.at("spec", "finalizers").words()))])
    )
