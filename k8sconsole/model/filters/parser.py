"""The typed filter's grammar, read by recursive descent: ``or`` binds weakest, then ``and`` and white space, then ``!`` and ``not``.

``comparisons`` reads one comparison, ``slips`` explains what can only be a mistake.
"""

import re

from k8sconsole.model.filters import regexes
from k8sconsole.model.filters.comparisons import read_comparison, read_regex
from k8sconsole.model.filters.slips import check_word, stray_operator
from k8sconsole.model.filters.tree import And, Filter, Fuzzy, Labels, NamePattern, Node, Not, Or, Pattern, Text
from k8sconsole.model.selectors import read_selector
from k8sconsole.model.text_reader import TextReader

LONGEST = 4_000
"""Maximum length of a filter in characters."""
DEEPEST = 40
"""Maximum depth of nested brackets and negations."""

_KEYWORD = re.compile(r"(and|or|not)(?=[\s()!]|$)|(&&|\|\|)", re.IGNORECASE)
_SIGNS = {"&&": "and", "||": "or"}
_FLAG = re.compile(r"-([lf])(?=\s|$)")
_COMMA = re.compile(r"\s*,\s*(?=\S)")
_COMMA_AND = re.compile(r",(?=!|[^,]*[=<>~])")
"""A comma that separates terms, as in a label selector; any other belongs to its word."""
_TERM = "a word, /regex/, ~name, -l selector, field=value or a bracket"


def parse_filter(text: str) -> Filter:
    """The filter that a text means. Blank text and ``*`` are the empty filter, which matches everything.

    Raises FilterError, which has the column and says what is expected there.
    """
    reader = TextReader(text)
    if len(text) > LONGEST:
        raise reader.error("filter too long", f"at most {LONGEST} characters", LONGEST)
    if text.strip() in ("", "*"):
        return Filter(text)
    root = _parse_or(reader, 0)
    reader.skip_space()
    if not reader.at_end():
        raise reader.error("closing bracket without an opening one", "the end, or another term")
    return Filter(text, root)


def _parse_or(reader: TextReader, depth: int) -> Node:
    terms = [_parse_and(reader, depth)]
    while _take_keyword(reader, "or"):
        terms.append(_parse_and(reader, depth))
    flat = [part for term in terms for part in (term.terms if isinstance(term, Or) else (term,))]
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def _parse_and(reader: TextReader, depth: int) -> Node:
    terms = [_parse_term(reader, depth)]
    while _take_keyword(reader, "and") or reader.take(_COMMA) or _has_next_term(reader):
        terms.append(_parse_term(reader, depth))
    flat = [part for term in terms for part in (term.terms if isinstance(term, And) else (term,))]
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def _next_keyword(reader: TextReader) -> str:
    """The keyword at the position: ``and``, ``or``, ``not``, or empty."""
    found = _KEYWORD.match(reader.text, reader.position)
    return "" if found is None else _SIGNS.get(found[0]) or found[0].lower()


def _take_keyword(reader: TextReader, word: str) -> bool:
    reader.skip_space()
    if _next_keyword(reader) != word:
        return False
    reader.take(_KEYWORD)
    return True


def _has_next_term(reader: TextReader) -> bool:
    return not reader.at_end() and reader.peek() != ")" and _next_keyword(reader) in ("", "not")


def _parse_term(reader: TextReader, depth: int) -> Node:
    if depth > DEEPEST:
        raise reader.error("too many nested brackets", f"at most {DEEPEST}")
    reader.skip_space()
    if reader.at_end() or reader.peek() == ")":
        raise reader.error("missing term", _TERM)
    if _take_keyword(reader, "not"):
        return Not(_parse_term(reader, depth + 1))
    if reader.peek() == "!" and reader.peek(2) != "!=":
        reader.position += 1
        return Not(_parse_term(reader, depth + 1))
    if reader.peek() == "(":
        return _parse_bracket(reader, depth)
    keyword = _KEYWORD.match(reader.text, reader.position)
    if keyword is not None:
        raise reader.error(f"{keyword[0]!r} with nothing before it", _TERM)
    return _parse_simple(reader)


def _parse_bracket(reader: TextReader, depth: int) -> Node:
    begin = reader.position
    reader.position += 1
    inner = _parse_or(reader, depth + 1)
    reader.skip_space()
    if reader.peek() != ")":
        raise reader.error("unclosed bracket", "a closing )", begin)
    reader.position += 1
    return inner


def _parse_simple(reader: TextReader) -> Node:
    match reader.peek():
        case "/":
            return _parse_pattern(reader)
        case "~":
            reader.position += 1
            return NamePattern(read_regex(reader))
        case '"' | "'":
            return _build_text(reader, reader.quoted())
        case "=" | "<" | ">" | "!":
            raise reader.error("operator without a field", "a field before it, such as status=Running")
        case "&" | "|":
            raise stray_operator(reader, reader.position)
    flag = reader.take(_FLAG)
    if flag is not None:
        return Labels(read_selector(reader)) if flag[1] == "l" else Fuzzy(reader.value("a word to look for"))
    compared = read_comparison(reader)
    if compared is not None:
        return compared
    begin = reader.position
    word = _COMMA_AND.split(reader.word(), maxsplit=1)[0]
    reader.position = begin + len(word)
    check_word(reader, word, begin)
    return _build_text(reader, word.rstrip(","))


def _build_text(reader: TextReader, word: str) -> Node:
    if not word:
        raise reader.error("missing term", _TERM)
    return Text(word)


def _parse_pattern(reader: TextReader) -> Node:
    begin = reader.position
    regex = reader.regex()
    if not regex:
        raise reader.error("empty regular expression", "a pattern between the slashes", begin + 1)
    regexes.check_pattern(reader, regex, begin + 1)
    return Pattern(regex)
