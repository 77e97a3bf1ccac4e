"""Parses paths into steps: the templates of client-go's ``util/jsonpath``, whose grammar is a dialect of its own, and typed paths.

Source of the grammar: k8s.io/client-go/util/jsonpath/parser.go. Where it is odd, so is this: ``['a.b']`` is two keys and ``['a\\.b']`` one.
"""

import re
from dataclasses import dataclass

from k8sconsole.kit.jsonpath.steps import (
    COMPARISONS,
    ConstantStep,
    ElementsStep,
    FieldStep,
    FilterStep,
    Literal,
    PathStep,
    RecursiveStep,
    SliceStep,
    UnionStep,
    WildcardStep,
    WordStep,
    is_int64,
)

Steps = tuple[PathStep, ...]

_SPACES, _LINE_ENDS = " \t", "\r\n"
_ENDS_OF_NAME = frozenset(_SPACES + _LINE_ENDS + ".,[]$@{}")
_QUOTED_KEY = re.compile(r"'([^']*)'", re.DOTALL)
_TYPED_KEY = re.compile(r"""(['"])(.*)\1""", re.DOTALL)
_SLICE = re.compile(r"(-?[0-9]*)(:-?[0-9]*)?(:-?[0-9]*)?")
_COMPARISON = re.compile(r"([^!<>=]+)([!<>=]+)(.+)")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_ESCAPE = re.compile(rb"""\\(?:([abfnrtv\\'"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))|([\\'"])""")
_CONTROL = dict(zip(b"abfnrtv\\", b"\a\b\f\n\r\t\v\\", strict=True))


class PathError(ValueError):
    """A path that cannot be parsed. position: 0-based."""

    def __init__(self, path: str, position: int) -> None:
        super().__init__(f"cannot read the path {path!r} from character {position + 1}")
        self.position = position


@dataclass
class _Reader:
    """A cursor over the text. typed: whether a person typed the path; then quoted keys are whole and ``[*]`` takes objects too."""

    text: str
    typed: bool = False
    at: int = 0

    def peek(self) -> str:
        """The next character; empty at the end."""
        return self.text[self.at : self.at + 1]

    def take(self, prefix: str) -> bool:
        found = self.text.startswith(prefix, self.at)
        self.at += len(prefix) if found else 0
        return found

    def take_until(self, end: str) -> str:
        """The text before ``end``, which is on the same line. The cursor moves behind it. Raises PathError."""
        at = self.text.find(end, self.at)
        if at < 0 or "\n" in self.text[self.at : at]:
            raise self.error()
        found, self.at = self.text[self.at : at], at + len(end)
        return found

    def error(self) -> PathError:
        return PathError(self.text, min(self.at, max(len(self.text) - 1, 0)))


def parse_blocks(template: str) -> tuple[Steps, ...]:
    """The blocks of a template such as ``{.spec.size} of {.spec.most}``: one for each pair of braces, and one for each text between.

    Raises PathError.
    """
    reader = _Reader(template)
    blocks: list[Steps] = []
    while reader.at < len(template):
        start = template.find("{", reader.at)
        text = template[reader.at : start if start >= 0 else None]
        if text:
            blocks.append((ConstantStep(text),))
        if start < 0:
            break
        reader.at = start + 1
        blocks.append(_parse_block(reader))
    return tuple(blocks)


def parse_typed_path(path: str) -> Steps:
    """The steps of a path as people type it: a leading ``$`` or ``.`` and surrounding braces are optional. Raises PathError."""
    bare = path.strip().removeprefix("{").removesuffix("}").removeprefix("$")
    lead = "" if not bare or bare[0] in ".[" else "."
    reader = _Reader(f"{lead}{bare}}}", typed=True)
    try:
        steps = _parse_block(reader)
    except PathError as problem:
        raise PathError(path, max(0, problem.position - len(lead))) from None
    if reader.at < len(reader.text) or not all(map(_is_typed_step, steps)):
        raise PathError(path, max(0, reader.at - 1 - len(lead)))
    return steps


def _is_typed_step(step: PathStep) -> bool:
    """Whether a step may be part of a typed path outside a condition: no literal and no empty key."""
    match step:
        case FieldStep(name):
            return bool(name)
        case ConstantStep():
            return False
    return True


def _parse_block(reader: _Reader) -> Steps:
    """The steps up to the closing brace. The cursor is behind the opening one."""
    steps: list[PathStep] = []
    while not reader.take("}"):
        steps += _parse_step(reader, steps)
    return tuple(steps)


def _parse_part(text: str, reader: _Reader) -> Steps:
    """The steps of a part in brackets, as a block of its own."""
    part = _Reader(f"{text}}}", reader.typed)
    try:
        steps = _parse_block(part)
        parse_blocks(part.text[part.at :])
    except PathError:
        raise reader.error() from None
    return steps


def _parse_step(reader: _Reader, before: list[PathStep]) -> list[PathStep]:
    """The next step, or none for a character without meaning."""
    if reader.take("[?("):
        return [_parse_filter(reader)]
    if reader.take(".."):
        return _parse_recursion(reader, before)
    letter = reader.peek()
    if letter in ("@", "$", " "):
        reader.at += 1
        return []
    if reader.take("["):
        return _parse_brackets(reader)
    if letter in ('"', "'"):
        return [ConstantStep(_parse_quoted(reader, letter))]
    if reader.take("."):
        return [_parse_field(reader)]
    if letter in ("+", "-") or letter.isdecimal():
        return [ConstantStep(_parse_number(reader))]
    if _is_word_letter(letter):
        return [_parse_word(reader)]
    raise reader.error()


def _is_word_letter(letter: str) -> bool:
    return letter == "_" or letter.isalpha() or letter.isdecimal()


def _parse_recursion(reader: _Reader, before: list[PathStep]) -> list[PathStep]:
    if before and isinstance(before[-1], RecursiveStep):
        raise reader.error()
    return [RecursiveStep(), _parse_field(reader)] if _is_word_letter(reader.peek()) else [RecursiveStep()]


def _parse_field(reader: _Reader) -> PathStep:
    """A key up to an unescaped end of a name. All backslashes are dropped."""
    start = reader.at
    while (letter := reader.peek()) and letter not in _ENDS_OF_NAME:
        reader.at += 2 if letter == "\\" else 1
    reader.at = min(reader.at, len(reader.text))
    name = reader.text[start : reader.at]
    if reader.typed and re.search("[\"'()=]", name):
        raise reader.error()
    if name == "*":
        return ElementsStep() if reader.typed else WildcardStep()
    return FieldStep(name.replace("\\", ""))


def _parse_word(reader: _Reader) -> PathStep:
    start = reader.at
    while (letter := reader.peek()) and letter not in _ENDS_OF_NAME:
        reader.at += 1
    word = reader.text[start : reader.at]
    if word in ("true", "false"):
        return ConstantStep(word == "true")
    return ConstantStep(word) if reader.typed else WordStep(word)


def _parse_number(reader: _Reader) -> int | float:
    start = reader.at
    reader.at += reader.peek() in "+-"
    while (letter := reader.peek()) and (letter == "." or letter.isdecimal()):
        reader.at += 1
    text = reader.text[start : reader.at]
    if _INTEGER.fullmatch(text) and is_int64(int(text)):
        return Literal(int(text))
    if not _FLOAT.fullmatch(text) or float(text) in (float("inf"), float("-inf")):
        raise reader.error()
    return float(text)


def _parse_quoted(reader: _Reader, quote: str) -> str:
    """A text in quotes with Go's escapes."""
    start = reader.at
    reader.at += 1
    while True:
        letter = reader.peek()
        if letter in ("", "\n"):
            raise reader.error()
        reader.at += 1
        if letter == quote and reader.text[reader.at - 2] != "\\":
            break
    return _unquote(reader, reader.text[start + 1 : reader.at - 1], quote.encode())


def _unquote(reader: _Reader, text: str, quote: bytes) -> str:
    def replace(found: re.Match[bytes]) -> bytes:
        short, byte, narrow, wide, octal, bare = found.groups()
        if bare in (quote, b"\\") or (short in (b"'", b'"') and short != quote):
            raise reader.error()
        if bare:
            return bytes(bare)
        if short:
            return bytes([_CONTROL.get(short[0], short[0])])
        if narrow or wide:
            return _encode_letter(reader, int(narrow or wide, 16))
        value = int(byte, 16) if byte else int(octal, 8)
        if value > 255:
            raise reader.error()
        return bytes([value])

    return _ESCAPE.sub(replace, text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")


def _encode_letter(reader: _Reader, code: int) -> bytes:
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        raise reader.error()
    return chr(code).encode()


def _parse_brackets(reader: _Reader) -> list[PathStep]:
    """``[2]``, ``[0:2]``, ``[*]``, ``['key']``, ``[0,'key']``. The cursor is behind the opening bracket."""
    if reader.typed and (key := _TYPED_KEY.match(reader.text, reader.at)) and (typed := _parse_typed_key(reader, key[1])) is not None:
        return [typed]
    text = reader.take_until("]")
    if reader.typed and text == "*":
        return [ElementsStep()]
    text = ":" if text == "*" else text
    if "," in text:
        return [UnionStep(tuple(_parse_part(f"[{each.strip(' ')}]", reader) for each in text.split(",")))]
    key = _QUOTED_KEY.fullmatch(text)
    if key is not None:
        return list(_parse_part(f".{key[1]}", reader))
    return [_parse_slice(reader, text)]


def _parse_typed_key(reader: _Reader, quote: str) -> PathStep | None:
    """A whole key in quotes and brackets, dots and brackets included; None where a list of keys follows."""
    end = reader.text.find(f"{quote}]", reader.at + 1)
    key = reader.text[reader.at + 1 : end]
    if end < 0 or re.search(rf"{quote}\s*,", key):
        return None
    reader.at = end + 2
    return FieldStep(re.sub(r"\\(.)", r"\1", key))


def _parse_slice(reader: _Reader, text: str) -> PathStep:
    found = _SLICE.fullmatch(text)
    if found is None:
        raise reader.error()
    first, second, third = found[1], found[2] or "", found[3] or ""
    start = _parse_bound(reader, first)
    if not second:
        return SliceStep(start, (start or 0) + 1, _parse_bound(reader, third[1:]), single=True)
    return SliceStep(start, _parse_bound(reader, second[1:]), _parse_bound(reader, third[1:]))


def _parse_bound(reader: _Reader, text: str) -> int | None:
    if not text:
        return None
    if text == "-" or not is_int64(int(text)):
        raise reader.error()
    return int(text)


def _parse_filter(reader: _Reader) -> PathStep:
    """``[?(@.a=="b")]``, ``[?(@.a)]``. The cursor is behind the opening brackets."""
    text = _take_condition(reader)
    found = _COMPARISON.fullmatch(text)
    if found is None:
        return FilterStep(_parse_part(text, reader), lenient=reader.typed)
    left, operator, right = found.groups()
    if reader.typed and operator not in COMPARISONS:
        raise reader.error()
    return FilterStep(_parse_part(left, reader), operator, _parse_part(right, reader), reader.typed)


def _take_condition(reader: _Reader) -> str:
    """The text up to the closing bracket that is not inside the first pair of quotes."""
    start, quote, closed = reader.at, "", False
    while True:
        letter = reader.peek()
        if letter in ("", "\n"):
            raise reader.error()
        reader.at += 1
        if letter in "\"'":
            if not quote:
                quote = letter
            elif letter == quote and reader.text[reader.at - 2] != "\\":
                closed = True
        elif letter == ")" and bool(quote) is closed:
            break
    if not reader.take("]"):
        raise reader.error()
    return reader.text[start : reader.at - 2]
