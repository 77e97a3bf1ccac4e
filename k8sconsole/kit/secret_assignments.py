"""Masks secrets that are recognised by the name before them: in lines of a file, YAML, JSON, XML and flags."""

import base64
import binascii
import re
from collections.abc import Callable

from k8sconsole.kit.masks import MASK, length_class
from k8sconsole.kit.secret_names import is_secret_name

_PLACEHOLDER = re.compile(r"\$[({].*[)}]|\{\{.*\}\}|<[^<>]*>|…|\.{3}|\[set\]|true|false|null|nil|none|\*+|~|[|>][+-]?", re.IGNORECASE)
_PATH = re.compile(r"(?:file:/|\.{1,2})?/(?:etc|var|run|tmp|mnt|opt|home|secrets?|vault|usr|root|srv|app|config|certs?|data)/[\w./-]*")


def is_basic_credentials(value: str) -> bool:
    """Whether the value is base64 of ``user:password``, as the ``auth`` of a docker configuration is."""
    try:
        return b":" in base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False


def is_harmless_value(value: str) -> bool:
    """Whether the value is no secret whatever its name: a placeholder, a path below a usual root, or masked already."""
    value = value.strip("\"'")
    return not value or bool(MASK.match(value) or _PLACEHOLDER.fullmatch(value) or _PATH.fullmatch(value))


def _is_secret(name: str, value: str) -> bool:
    return not is_harmless_value(value) and (is_secret_name(name) or (_is_auth(name) and is_basic_credentials(value)))


def _is_auth(name: str) -> bool:
    return name.lower() in ("auth", "_auth")


def _mask_line(match: re.Match[str]) -> str:
    value = match["value"].rstrip()
    return match["head"] + length_class(len(value)) if _is_secret(match["name"], value) else match[0]


def _mask_block(match: re.Match[str]) -> str:
    """Masks a YAML block scalar. Its indentation stays, so that the file still parses."""
    value = match["value"].strip()
    indent = match["value"][: len(match["value"]) - len(match["value"].lstrip())]
    return f"{match['head']}{indent}{length_class(len(value))}\n" if _is_secret(match["name"], value) else match[0]


def _mask_enclosed(match: re.Match[str]) -> str:
    return f"{match['head']}{length_class(len(match['value']))}" if _is_secret(match["name"], match["value"]) else match[0]


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"(?P<head><(?P<name>[\w.:-]+)>)(?P<value>[^<>]+)(?=</)"), _mask_enclosed),
    (re.compile(r"(?m)(?P<head>\bname:[ \t]*[\"']?(?P<name>[\w.-]+)[\"']?[ \t]*\n[ \t]*value:[ \t]*)(?P<value>\S.*)$"), _mask_enclosed),
    (re.compile(r"(?m)^(?P<head>[ \t]*(?:- )?(?P<name>[\w.-]+):[ \t]*[|>][+-]?[ \t]*\n)(?P<value>(?:[ \t]+\S.*(?:\n|\Z))+)"), _mask_block),
    (
        re.compile(r"(?m)^(?P<head>[ \t]*(?:export[ \t]+|- )?(?P<name>[A-Za-z_][\w.-]*)[ \t]*[:=][ \t]*)(?P<value>[^\s\"'{\[|>\\=].*)$"),
        _mask_line,
    ),
    (
        re.compile(
            r"(?P<head>(?<![\w-])(?P<name>--?[A-Za-z][\w-]*)(?:[\"']?\s+|\\?\",\s*\\?\"))(?![-\[])(?P<value>\"[^\"]*\"|'[^']*'|[^\s\"'\\]+)"
        ),
        _mask_enclosed,
    ),
    (re.compile(r"(?P<head>\b(?P<name>password)\s+)(?=\S*\d)(?P<value>[^\s\"':=\[]\S{5,})"), _mask_enclosed),
)
_NAME = re.compile(r"(?<![\w.-])(?P<name>-{0,2}[A-Za-z_][\w.-]{0,99})\\*[\"']?[ \t]{0,4}[:=][ \t]{0,4}(?P<quote>\\+\"|[\"'])?")
_BARE = re.compile(r"[^\s\"'&;\\{\[][^\s\"'&;]*|")
_QUOTED: dict[str, re.Pattern[str]] = {'"': re.compile(r'(?:\\.|[^"\\])*', re.DOTALL), "'": re.compile(r"[^']*")}
_ESCAPED = re.compile(r'.*?(?=\\"|\Z)', re.DOTALL)


def mask_assignments(text: str) -> str:
    """The text with every value under a secret's name masked, in any of the notations."""
    for pattern, replace in _FORMS:
        text = pattern.sub(replace, text)
    return _mask_inline(text)


def _mask_inline(text: str) -> str:
    """Masks ``name=value`` and ``"name": "value"``, also escaped. Only values of secret names are scanned, so the time is linear."""
    pieces: list[str] = []
    copied = position = 0
    while name := _NAME.search(text, position):
        position = name.end()
        if not (is_secret_name(name["name"]) or _is_auth(name["name"])):
            continue
        value = _QUOTED.get(name["quote"] or "", _ESCAPED if name["quote"] else _BARE).match(text, position)
        if value is None or not _is_secret(name["name"], value[0]):
            continue
        pieces += (text[copied:position], length_class(len(value[0])))
        copied = position = value.end()
    return "".join((*pieces, text[copied:]))
