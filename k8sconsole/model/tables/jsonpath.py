"""The part of JSONPath that printer columns and filters use: ``.a.b``, ``['a.b']``, ``[0]``, ``[-1]``, ``[*]``, ``[?(@.type=="Ready")]``.

Slices, recursion and unions are not supported; a path with them raises PathError.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

Step = Callable[[Any], Iterator[Any]]

_TOKEN = re.compile(
    r"""\.?(?P<name>[^.\[\]'"\s\\]+(?:\\.[^.\[\]'"\s\\]+)*)|\[(?P<quote>['"])(?P<key>.*?)(?P=quote)\]|\[(?P<index>-?\d{1,9})\]|\[(?P<all>\*)\]"""
    r"""|\[\?\(\s*@\.?(?P<path>[^=!<>\s)]*)\s*(?P<op>==|!=)\s*(?P<value>"[^"]*"|'[^']*'|[^)\s]+)\s*\)\]"""
)


class PathError(ValueError):
    """A path that is not supported. position: 0-based."""

    def __init__(self, path: str, position: int) -> None:
        super().__init__(f"cannot read the path {path!r} from character {position + 1}")
        self.position = position


@lru_cache(maxsize=2048)
def compile_path(path: str) -> tuple[Step, ...]:
    """The steps of a path. A leading ``$`` or ``.`` and surrounding braces are allowed. Raises PathError."""
    bare = path.strip().removeprefix("{").removesuffix("}").removeprefix("$")
    steps: list[Step] = []
    at = 0
    while at < len(bare):
        found = _TOKEN.match(bare, at)
        if found is None:
            raise PathError(path, at)
        steps.append(_build_step(found))
        at = found.end()
    return tuple(steps)


def _build_step(found: re.Match[str]) -> Step:
    if found["name"] is not None:
        return _all_items if found["name"] == "*" else _key_step(re.sub(r"\\(.)", r"\1", found["name"]))
    if found["key"] is not None:
        return _key_step(found["key"])
    if found["index"] is not None:
        return _index_step(int(found["index"]))
    if found["all"] is not None:
        return _all_items
    return _filter_step(found["path"], found["value"].strip("\"'"), found["op"] == "==")


def _key_step(name: str) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, dict) and name in value:
            yield value[name]

    return step


def _index_step(index: int) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, list) and -len(value) <= index < len(value):
            yield value[index]

    return step


def _all_items(value: Any) -> Iterator[Any]:
    yield from value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()


def _filter_step(path: str, wanted: str, equal: bool) -> Step:
    inner = compile_path(path)

    def step(value: Any) -> Iterator[Any]:
        for item in _all_items(value):
            if any(_format_scalar(found) == wanted for found in _apply_steps(inner, item)) is equal:
                yield item

    return step


def _format_scalar(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _apply_steps(steps: tuple[Step, ...], value: Any) -> list[Any]:
    values = [value]
    for step in steps:
        values = [found for each in values for found in step(each)]
    return values


def find_values(path: str, value: Any) -> list[Any]:
    """All values at the path in a JSON value, in order. Raises PathError."""
    return _apply_steps(compile_path(path), value)
