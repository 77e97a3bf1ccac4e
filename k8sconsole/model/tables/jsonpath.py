"""The part of JSONPath that printer columns and filters use: ``.a.b``, ``['a.b']``, ``[0]``, ``[-1]``, ``[*]``, ``[?(@.type=="Ready")]``.

A path that asks for more (slices, recursion, unions) is not readable here and finds nothing.
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
    """A path this evaluator cannot read; position is 0-based."""

    def __init__(self, path: str, position: int) -> None:
        super().__init__(f"cannot read the path {path!r} from character {position + 1}")
        self.position = position


@lru_cache(maxsize=2048)
def compile_path(path: str) -> tuple[Step, ...]:
    """The steps of a path; a leading ``$``, ``.`` or surrounding braces are allowed. Raises PathError."""
    bare = path.strip().removeprefix("{").removesuffix("}").removeprefix("$")
    steps: list[Step] = []
    at = 0
    while at < len(bare):
        found = _TOKEN.match(bare, at)
        if found is None:
            raise PathError(path, at)
        steps.append(_step(found))
        at = found.end()
    return tuple(steps)


def _step(found: re.Match[str]) -> Step:
    if found["name"] is not None:
        return _every if found["name"] == "*" else _key(re.sub(r"\\(.)", r"\1", found["name"]))
    if found["key"] is not None:
        return _key(found["key"])
    if found["index"] is not None:
        return _at(int(found["index"]))
    if found["all"] is not None:
        return _every
    return _where(found["path"], found["value"].strip("\"'"), found["op"] == "==")


def _key(name: str) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, dict) and name in value:
            yield value[name]

    return step


def _at(index: int) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, list) and -len(value) <= index < len(value):
            yield value[index]

    return step


def _every(value: Any) -> Iterator[Any]:
    yield from value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()


def _where(path: str, wanted: str, equal: bool) -> Step:
    inner = compile_path(path)

    def step(value: Any) -> Iterator[Any]:
        for item in _every(value):
            if any(_word(found) == wanted for found in _walk(inner, item)) is equal:
                yield item

    return step


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _walk(steps: tuple[Step, ...], value: Any) -> list[Any]:
    values = [value]
    for step in steps:
        values = [found for each in values for found in step(each)]
    return values


def find_values(path: str, value: Any) -> list[Any]:
    """Everything the path finds in a JSON value, in order. Raises PathError."""
    return _walk(compile_path(path), value)
