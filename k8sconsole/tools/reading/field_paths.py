"""The paths of the parameter ``fields``."""

from collections.abc import Iterable
from typing import Any

from k8sconsole.errors import InvalidParams, argument_details
from k8sconsole.model.tables.jsonpath import PathError, compile_path, find_values

EXPECTED = "a path such as spec.replicas or spec.containers[*].image"


def check_paths(paths: Iterable[str]) -> None:
    """Raises InvalidParams for a path that cannot be parsed."""
    for path in paths:
        try:
            compile_path(path)
        except PathError as cause:
            details = argument_details("fields", path[:100], expected=EXPECTED)
            raise InvalidParams(f"no path {path[:100]!r}", str(cause), "fields=spec.nodeName", details) from cause


def value_at(path: str, body: dict[str, Any]) -> Any:
    """The value at the path, or a list if the path finds none or several."""
    values = find_values(path, body)
    return values[0] if len(values) == 1 else values


def select_fields(paths: Iterable[str], body: dict[str, Any]) -> dict[str, Any]:
    """The value of each path; without paths the object itself. Raises InvalidParams."""
    several = list(paths)
    check_paths(several)
    return {path: value_at(path, body) for path in several} if several else body
