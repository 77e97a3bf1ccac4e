"""Lines of YAML, of a description and of a log as pieces; each line is painted on its own, so that only those in sight cost anything."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from k8sconsole.model.describe import Section
from k8sconsole.kit.text import strip_ansi
from k8sconsole.tui.visuals.ansi import ansi_line
from k8sconsole.tui.widgets.paint import Line, Piece

_YAML = re.compile(r"^(?P<lead>\s*(?:- )*)(?:(?P<key>[^\s:'\"#\[{][^:]*|'[^']*'|\"[^\"]*\"):(?P<rest>\s.*|)$)?")
_MASKED = re.compile(r"\[masked: [^\]]*\]")
_LEVEL = re.compile(r"\b(?:(?P<bad>ERROR|ERR|FATAL|CRITICAL|PANIC|SEVERE)|(?P<warn>WARN(?:ING)?))\b", re.IGNORECASE)
_STAMP = re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*\s")
LABEL = 18


def yaml_line(text: str) -> Line:
    found = _YAML.match(text)
    if found is None or found["key"] is None:
        lead = found["lead"] if found else ""
        return (Piece(lead, "muted"), _yaml_value(text[len(lead) :]))
    return (Piece(found["lead"], "muted"), Piece(found["key"], "accent"), Piece(":", "muted"), _yaml_value(found["rest"]))


def _yaml_value(text: str) -> Piece:
    bare = text.strip()
    if _MASKED.search(bare):
        return Piece(text, "warn")
    if bare in ("true", "false", "null", "~", "{}", "[]") or re.fullmatch(r"-?\d+(\.\d+)?", bare):
        return Piece(text, "changed")
    return Piece(text, "muted" if bare.startswith("#") else "text")


def describe_lines(sections: "Sequence[Section]") -> list[str]:
    """One text a line; describe_line() paints them."""
    lines: list[str] = []
    for section in sections:
        lines += [*([""] if lines else []), section.title.upper()] if section.title else []
        for entry in section.lines:
            lines += _entry(entry.label, entry.text, "  " * (entry.indent + bool(section.title)))
    return lines


def _entry(label: str, text: str, lead: str) -> list[str]:
    """A label and its text; its further lines are aligned under the text."""
    first, *rest = text.split("\n")
    head = f"{label}: " if label else ""
    under = f"{lead}{'':<{max(LABEL, len(head))}}"
    return [f"{lead}{head:<{LABEL}}{first}" if label else f"{under}{first}", *(f"{under}{line}" for line in rest)]


def describe_line(text: str) -> Line:
    if text and not text.startswith(" ") and text.upper() == text and ":" not in text:
        return (Piece(text, "accent", True),)
    head, colon, rest = text.partition(": ")
    if not colon:
        return (Piece(text, _severity(text)),)
    return (Piece(head, "muted"), Piece(colon, "muted"), Piece(rest, _severity(rest)))


def _severity(text: str) -> str:
    bare = text.lstrip()
    return "warn" if bare.startswith("Warning") or "BackOff" in bare else "text"


def log_line(text: str) -> Line:
    """The time in grey, the line in its own colours, or coloured by the level it names."""
    stamp = _STAMP.match(text)
    head = stamp.group() if stamp else ""
    body = text[len(head) :]
    if "\x1b" in body:
        return (*((Piece(head, "muted"),) if head else ()), *ansi_line(body))
    level = _LEVEL.search(body[:200])
    role = "text" if level is None else "bad" if level["bad"] else "warn"
    return (Piece(head, "muted"), Piece(body, role)) if head else (Piece(body, role),)


def pretty_log_line(text: str) -> Line:
    """A JSON object laid out as time, level, message and the rest as ``key=value``; any other line as log_line() paints it."""
    plain = strip_ansi(text)
    at = plain.find("{")
    if at < 0 or not plain.rstrip().endswith("}"):
        return log_line(text)
    try:
        fields = msgspec.json.decode(plain[at:].encode(errors="replace"))
    except (msgspec.DecodeError, UnicodeError):
        return log_line(text)
    return _fields(plain[:at], fields) if isinstance(fields, dict) else log_line(text)


_TIMES, _LEVELS, _TEXTS = ("time", "ts", "timestamp", "@timestamp"), ("level", "severity", "lvl"), ("msg", "message", "event")


def _fields(head: str, fields: dict[str, Any]) -> Line:
    stamp, level, message = (_take(fields, names) for names in (_TIMES, _LEVELS, _TEXTS))
    found = _LEVEL.search(level)
    role = "text" if found is None else "bad" if found["bad"] else "warn"
    rest = " ".join(f"{key}={_value(value)}" for key, value in fields.items())
    words = [Piece(head + stamp, "muted"), Piece(level.upper(), role, True), Piece(message, role), Piece(rest, "muted")]
    spaced = [piece for word in words if word.text for piece in (word, Piece(" "))]
    return tuple(spaced[:-1])


def _take(fields: dict[str, Any], names: Sequence[str]) -> str:
    return next((_value(fields.pop(name)) for name in names if name in fields), "")


def _value(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode(errors="replace")
