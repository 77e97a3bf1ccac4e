"""Changes members of a JSON document in its own text, so that comments, trailing commas, order and indentation of all else stay.

JSON with comments is what VS Code, Cursor and Gemini CLI accept: https://code.visualstudio.com/docs/languages/json#_json-with-comments.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

_SKIPPED = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_SCALAR = re.compile(r'"(?:[^"\\\n]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null')
_INDENTED = re.compile(r"^([ \t]+)\S", re.MULTILINE)
_LINE_START = re.compile(r"[ \t]*")


class JsoncError(Exception):
    """The text is not JSON. line: 1-based."""

    def __init__(self, text: str, position: int, expected: str) -> None:
        self.line = text.count("\n", 0, position) + 1
        column = position - text.rfind("\n", 0, position)
        super().__init__(f"line {self.line}, column {column}: {expected} was expected")


class JsoncNode(NamedTuple):
    """A value in the text, from start to before end. members: of an object, with their values' places. comma: it has a trailing one."""

    start: int
    end: int
    value: Any
    members: dict[str, "JsoncNode"] = {}
    comma: bool = False

    @property
    def is_object(self) -> bool:
        return isinstance(self.value, dict)


def parse_jsonc(text: str) -> JsoncNode:
    """Comments and trailing commas are allowed; an empty text is an empty object. Raises JsoncError."""
    start = _skip(text, 0)
    if start == len(text):
        return JsoncNode(start, start, {})
    root = _parse_value(text, start)
    end = _skip(text, root.end)
    if end < len(text):
        raise JsoncError(text, end, "the end of the document")
    return root


def set_member(text: str, path: Sequence[str], value: Any) -> str:
    """The text with the value at the path below the root. Objects that are missing on the way are made. The root and each object on the
    way must be objects, which the caller has checked. Raises JsoncError."""
    node = parse_jsonc(text)
    if node.start == node.end:
        return set_member(f"{text}{_newline(text) if text.strip() else ''}{{}}{_newline(text)}", path, value)
    for number, key in enumerate(path[:-1]):
        if key not in node.members:
            for missing in reversed(path[number + 1 :]):
                value = {missing: value}
            return _insert(text, node, key, value)
        node = node.members[key]
    old = node.members.get(path[-1])
    if old is None:
        return _insert(text, node, path[-1], value)
    return text if old.value == value else text[: old.start] + _format(text, value, _indent_at(text, old.start)) + text[old.end :]


def _insert(text: str, node: JsoncNode, key: str, value: Any) -> str:
    """After the last member and the comments behind it, on a line of its own."""
    last = list(node.members.values())[-1].end if node.members else node.start + 1
    body_end = node.start + len(text[node.start : node.end - 1].rstrip())
    outer = _indent_at(text, node.start)
    indent = _indent_at(text, next(iter(node.members.values())).start) if "\n" in text[node.start : node.end] and node.members else ""
    indent = indent if len(indent) > len(outer) else outer + _unit(text)
    newline, before = _newline(text), "," if node.members and not node.comma else ""
    member = f"{json.dumps(key, ensure_ascii=False)}: {_format(text, value, indent)}{',' if node.comma else ''}"
    return f"{text[:last]}{before}{text[last:body_end]}{newline}{indent}{member}{newline}{outer}{text[node.end - 1 :]}"


def _format(text: str, value: Any, indent: str) -> str:
    return json.dumps(value, indent=_unit(text), ensure_ascii=False).replace("\n", _newline(text) + indent)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _unit(text: str) -> str:
    """The document's own indentation, two spaces where it has none."""
    found = _INDENTED.search(text)
    return found[1] if found else "  "


def _indent_at(text: str, position: int) -> str:
    found = _LINE_START.match(text, text.rfind("\n", 0, position) + 1)
    return found[0] if found else ""


def _skip(text: str, position: int) -> int:
    found = _SKIPPED.match(text, position)
    return found.end() if found else position


def _parse_value(text: str, start: int) -> JsoncNode:
    match text[start : start + 1]:
        case "{":
            return _parse_object(text, start)
        case "[":
            return _parse_array(text, start)
    found = _SCALAR.match(text, start)
    if not found:
        raise JsoncError(text, start, "a value")
    try:
        return JsoncNode(start, found.end(), json.loads(found[0]))
    except json.JSONDecodeError as cause:
        raise JsoncError(text, start, "a value") from cause


def _parse_object(text: str, start: int) -> JsoncNode:
    members: dict[str, JsoncNode] = {}
    comma, position = False, _skip(text, start + 1)
    while text[position : position + 1] != "}":
        if members and not comma:
            raise JsoncError(text, position, "a comma or a closing brace")
        key = _parse_value(text, position)
        colon = _skip(text, key.end)
        if not isinstance(key.value, str) or text[colon : colon + 1] != ":":
            raise JsoncError(text, position if not isinstance(key.value, str) else colon, "a member with a colon")
        members[key.value] = value = _parse_value(text, _skip(text, colon + 1))
        comma, position = _skip_comma(text, value.end)
    return JsoncNode(start, position + 1, {key: node.value for key, node in members.items()}, members, comma)


def _parse_array(text: str, start: int) -> JsoncNode:
    values: list[Any] = []
    comma, position = False, _skip(text, start + 1)
    while text[position : position + 1] != "]":
        if values and not comma:
            raise JsoncError(text, position, "a comma or a closing bracket")
        item = _parse_value(text, position)
        values.append(item.value)
        comma, position = _skip_comma(text, item.end)
    return JsoncNode(start, position + 1, values)


def _skip_comma(text: str, position: int) -> tuple[bool, int]:
    position = _skip(text, position)
    comma = text[position : position + 1] == ","
    return comma, _skip(text, position + 1) if comma else position
