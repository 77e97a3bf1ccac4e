"""Secrets known by the name they are given in a text: lines of a file, JSON, XML, flags."""

import base64
import binascii
import re
from collections.abc import Callable

from k8sconsole.kit.masks import length_class
from k8sconsole.kit.secret_names import is_secret_name

_MASKED_HEAD = re.compile(r"\[masked: [0-9-]+ chars\]")
_PLACEHOLDER = re.compile(r"\$[({].*[)}]|\{\{.*\}\}|<[^<>]*>|true|false|null|nil|none|\*+|~|[|>][+-]?", re.IGNORECASE)
_PATH = re.compile(r"(?:file:/|\.{1,2})?/(?:etc|var|run|tmp|mnt|opt|home|secrets?|vault|usr|root|srv|app|config|certs?|data)/[\w./-]*")


def is_basic_credentials(value: str) -> bool:
    """Base64 of ``user:password``, the form of a docker configuration's ``auth``."""
    try:
        return b":" in base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False


def is_harmless_value(value: str) -> bool:
    """A placeholder, a path below a usual root, or masked already: worth reading, and no secret."""
    value = value.strip("\"'")
    return not value or bool(_MASKED_HEAD.match(value) or _PLACEHOLDER.fullmatch(value) or _PATH.fullmatch(value))


def _announced(name: str, value: str) -> bool:
    return not is_harmless_value(value) and (is_secret_name(name) or (_is_auth(name) and is_basic_credentials(value)))


def _is_auth(name: str) -> bool:
    return name.lower() in ("auth", "_auth")


def _line(match: re.Match[str]) -> str:
    value = match["value"].rstrip()
    return match["head"] + length_class(len(value)) if _announced(match["name"], value) else match[0]


def _block(match: re.Match[str]) -> str:
    """A YAML block scalar: its indentation stays, so that the file still parses."""
    value = match["value"].strip()
    indent = match["value"][: len(match["value"]) - len(match["value"].lstrip())]
    return f"{match['head']}{indent}{length_class(len(value))}\n" if _announced(match["name"], value) else match[0]


def _wrapped(match: re.Match[str]) -> str:
    return f"{match['head']}{length_class(len(match['value']))}" if _announced(match["name"], match["value"]) else match[0]


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"(?P<head><(?P<name>[\w.:-]+)>)(?P<value>[^<>]+)(?=</)"), _wrapped),
    (re.compile(r"(?m)(?P<head>\bname:[ \t]*[\"']?(?P<name>[\w.-]+)[\"']?[ \t]*\n[ \t]*value:[ \t]*)(?P<value>\S.*)$"), _wrapped),
    (re.compile(r"(?m)^(?P<head>[ \t]*(?:- )?(?P<name>[\w.-]+):[ \t]*[|>][+-]?[ \t]*\n)(?P<value>(?:[ \t]+\S.*(?:\n|\Z))+)"), _block),
    (
        re.compile(r"(?m)^(?P<head>[ \t]*(?:export[ \t]+|- )?(?P<name>[A-Za-z_][\w.-]*)[ \t]*[:=][ \t]*)(?P<value>[^\s\"'{\[|>\\=].*)$"),
        _line,
    ),
    (
        re.compile(
            r"(?P<head>(?<![\w-])(?P<name>--?[A-Za-z][\w-]*)(?:[\"']?\s+|\\?\",\s*\\?\"))(?![-\[])(?P<value>\"[^\"]*\"|'[^']*'|[^\s\"'\\]+)"
        ),
        _wrapped,
    ),
    (re.compile(r"(?P<head>\b(?P<name>password)\s+)(?=\S*\d)(?P<value>[^\s\"':=\[]\S{5,})"), _wrapped),
)
_NAME = re.compile(r"(?<![\w.-])(?P<name>-{0,2}[A-Za-z_][\w.-]{0,99})\\*[\"']?[ \t]{0,4}[:=][ \t]{0,4}(?P<quote>\\+\"|[\"'])?")
_BARE = re.compile(r"[^\s\"'&;\\{\[][^\s\"'&;]*|")
_QUOTED: dict[str, re.Pattern[str]] = {'"': re.compile(r'(?:\\.|[^"\\])*', re.DOTALL), "'": re.compile(r"[^']*")}
_ESCAPED = re.compile(r'.*?(?=\\"|\Z)', re.DOTALL)


def mask_assignments(text: str) -> str:
    """Values under a secret's name masked, in whatever notation."""
    for pattern, replace in _FORMS:
        text = pattern.sub(replace, text)
    return _mask_inline(text)


def _mask_inline(text: str) -> str:
    """``name=value``, ``"name": "value"``, also escaped. Only a secret's value is ever scanned, so the work grows with the text and no
    faster."""
    pieces: list[str] = []
    kept = position = 0
    while name := _NAME.search(text, position):
        position = name.end()
        if not (is_secret_name(name["name"]) or _is_auth(name["name"])):
            continue
        value = _QUOTED.get(name["quote"] or "", _ESCAPED if name["quote"] else _BARE).match(text, position)
        if value is None or not _announced(name["name"], value[0]):
            continue
        pieces += (text[kept:position], length_class(len(value[0])))
        kept = position = value.end()
    return "".join((*pieces, text[kept:]))
