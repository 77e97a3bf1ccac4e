"""Which log lines say the same. Two forms: lines that differ in nothing that matters, and lines of one kind, for counting."""

import re
from functools import lru_cache

_APART = r"\s\"'=,;()\[\]{}<>|"
_WORD_WITH_DIGIT = re.compile(rf"(?<![^{_APART}])[^\d{_APART}]*+\d[^{_APART}]*")
"""A word up to the next blank, quote, bracket or sign of equality."""
_TIME = r"\d{4}[-/]\d\d[-/]\d\d(?:T[\d:.,]+(?:Z|[+-]\d\d:?\d\d)?)?|\d\d:\d\d:\d\d(?:[.,]\d+)?Z?|\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d"
_ID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|0x[0-9a-fA-F]{5,}|(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{12,}"
_IPV4 = r"(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?"
_UNIMPORTANT = re.compile(rf"(?:{_TIME}|{_ID}|{_IPV4}|(?:[0-9a-fA-F]{{0,4}}:){{2,7}}[0-9a-fA-F]{{0,4}})(?P<end>[.:]*)")
"""A whole word that is a time, an id or an address. A number that stands alone, part of a path or a duration is none of these."""
_HOST = re.compile(rf"(?<=://){_IPV4}")
_KEYS = ("ts", "time", "_id", "-id", "pid", "tid", "goroutine")
_KEYED = re.compile(
    r"(?P<key>\b(?:ts|time|timestamp|(?:request|req|trace|span|correlation|session|connection|conn)[_-]id|pid|tid|goroutine)"
    r"[\"']?\s*[=: ]\s*[\"']?)[0-9a-zA-Z.-]*\d[0-9a-zA-Z.-]*"
)
"""A time or an id by its name."""
_METHOD = re.compile(r"\b(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\b")
_NUMBER = re.compile(r"0x[0-9a-fA-F]+|\d+")
_CODE_WORD = re.compile(r"status|code|exit|signal|errno", re.IGNORECASE)
_CODE_NAME = re.compile(r"(?:status|code|exit|exited|signal|errno)(?:[ _]?(?:code|with))*[\"']?\s*[=: ]\s*[\"']?$", re.IGNORECASE)
_LONGEST_NAME = 32
_INSIDE = re.compile(r"[\w.:/-]")
"""Beside a number, it makes the number a part of something."""


def same_line_key(line: str) -> str:
    """Equal for lines that differ in times, ids and addresses only."""
    if any(key in line for key in _KEYS):
        line = _KEYED.sub(r"\g<key>#", line)
    return _WORD_WITH_DIGIT.sub(_mask_word, line)


def kind_key(same: str) -> str:
    """Equal for lines of one kind: also other numbers may differ, but not a status or an exit code. same: as from ``same_line_key``."""
    has_reply, has_code = _METHOD.search(same) is not None, _CODE_WORD.search(same) is not None

    def mask(match: re.Match[str]) -> str:
        begin, end = match.span()
        is_reply = has_reply and end - begin == 3 and match[0][0] in "12345" and not _is_inside(same, begin, end)
        is_code = has_code and _CODE_NAME.search(same, max(0, begin - _LONGEST_NAME), begin) is not None
        return match[0] if is_reply or is_code else "#"

    return _NUMBER.sub(mask, same)


def _is_inside(line: str, begin: int, end: int) -> bool:
    return _INSIDE.match(line, end) is not None or (begin > 0 and _INSIDE.match(line, begin - 1) is not None)


def _mask_word(match: re.Match[str]) -> str:
    return _mask_text(match[0])


@lru_cache(maxsize=10_000)
def _mask_text(word: str) -> str:
    whole = _UNIMPORTANT.fullmatch(word)
    if whole is not None:
        return f"#{whole['end']}"
    return _HOST.sub("#", word) if "://" in word else word
