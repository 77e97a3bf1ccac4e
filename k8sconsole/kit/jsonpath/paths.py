"""Parsed paths, and the values that they find in an object."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from k8sconsole.kit.jsonpath.parser import Steps, parse_blocks, parse_typed_path
from k8sconsole.kit.jsonpath.steps import FieldStep, StepError, apply_leniently, apply_steps


@dataclass(frozen=True)
class ColumnPath:
    """The path of a printer column. keys: the keys of a path that is nothing but keys, such as ``.spec.size``; else None."""

    blocks: tuple[Steps, ...]
    keys: tuple[str, ...] | None

    def find_first(self, obj: dict[str, Any]) -> list[Any]:
        """The first value at the path in a list, or an empty list: nothing is there, or a step cannot be applied."""
        if self.keys is not None:
            return _find_key(self.keys, obj)
        try:
            results = [apply_steps(block, [obj]) for block in self.blocks]
        except StepError:
            return []
        return results[0][:1] if results else []


def _find_key(keys: tuple[str, ...], value: Any) -> list[Any]:
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            return []
        value = value[key]
    return [value]


@lru_cache(maxsize=2048)
def parse_column_path(json_path: str) -> ColumnPath:
    """The path of a printer column, as the API server reads it. Raises PathError."""
    blocks = parse_blocks(f"{{{json_path}}}")
    only = blocks[0] if len(blocks) == 1 else ()
    keys = tuple(step.name for step in only if isinstance(step, FieldStep))
    return ColumnPath(blocks, keys if only and len(keys) == len(only) else None)


@lru_cache(maxsize=2048)
def compile_path(path: str) -> Steps:
    """The steps of a typed path. A leading ``$`` or ``.`` and surrounding braces are allowed. Raises PathError."""
    return parse_typed_path(path)


def find_values(path: str, value: Any) -> list[Any]:
    """All values at a typed path in a JSON value, in order. Raises PathError."""
    return apply_leniently(compile_path(path), [value])
