"""The typed filter's grammar, read by recursive descent: ``or`` binds weakest, then ``and`` and white space, then ``!`` and ``not``."""

import re

from k8sconsole.model.filters import regexes
from k8sconsole.model.filters.fields import FIELD_KINDS
from k8sconsole.model.filters.tree import And, Compare, Filter, Fuzzy, Labels, NamePattern, Node, Not, Operator, Or, Pattern, Text
from k8sconsole.model.filters.values import BadValue, check_value
from k8sconsole.model.selectors import read_selector
from k8sconsole.model.text_reader import TextReader

LONGEST = 4_000
"""Maximum length of a filter in characters."""
DEEPEST = 40
"""Maximum depth of nested brackets and negations."""

_KEYWORD = re.compile(r"(and|or|not)(?=[\s()!]|$)", re.IGNORECASE)
_FLAG = re.compile(r"-([lf])(?=\s|$)")
_FIELD = re.compile(
    r"""([A-Za-z0-9_.][\w.\-/]*(?:\[(?:\?\([^)]*\)|'[^']*'|"[^"]*"|[^\]\s]*)\][\w.\-/]*)*(?:\(\w+\))?)(?:\s*(!=|==|>=|<=|=(?!~)|>|<)|(!~|~))"""
)
_OPERATORS = {"=": Operator.EQUAL, "==": Operator.EQUAL, "!=": Operator.EQUAL, "~": Operator.MATCHES, "!~": Operator.MATCHES}
_TERM = "a word, /regex/, ~name, -l selector, field=value or a bracket"


def parse_filter(text: str) -> Filter:
    """The filter that a text means. Blank text is the empty filter, which matches everything.

    Raises FilterError, which has the column and says what is expected there.
    """
    reader = TextReader(text)
    if len(text) > LONGEST:
        raise reader.error("filter too long", f"at most {LONGEST} characters", LONGEST)
    reader.skip_space()
    if reader.at_end():
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
    while _take_keyword(reader, "and") or _has_next_term(reader):
        terms.append(_parse_term(reader, depth))
    flat = [part for term in terms for part in (term.terms if isinstance(term, And) else (term,))]
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def _take_keyword(reader: TextReader, word: str) -> bool:
    reader.skip_space()
    found = _KEYWORD.match(reader.text, reader.position)
    if found is None or found[1].lower() != word:
        return False
    reader.position = found.end()
    return True


def _has_next_term(reader: TextReader) -> bool:
    found = _KEYWORD.match(reader.text, reader.position)
    return not reader.at_end() and reader.peek() != ")" and (found is None or found[1].lower() == "not")


def _parse_term(reader: TextReader, depth: int) -> Node:
    if depth > DEEPEST:
        raise reader.error("too many nested brackets", f"at most {DEEPEST}")
    reader.skip_space()
    begin = reader.position
    if reader.at_end() or reader.peek() == ")":
        raise reader.error("missing term", _TERM)
    if _take_keyword(reader, "not"):
        return Not(_parse_term(reader, depth + 1))
    if reader.peek() == "!" and reader.peek(2) != "!=":
        reader.position += 1
        return Not(_parse_term(reader, depth + 1))
    if reader.peek() == "(":
        return _parse_bracket(reader, depth)
    keyword = _KEYWORD.match(reader.text, begin)
    if keyword is not None:
        raise reader.error(f"{keyword[1]!r} with nothing before it", _TERM)
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
            return NamePattern(_parse_regex(reader))
        case '"' | "'":
            return _build_text(reader, reader.quoted())
        case "=" | "<" | ">" | "!":
            raise reader.error("operator without a field", "a field before it, such as status=Running")
    flag = reader.take(_FLAG)
    if flag is not None:
        return Labels(read_selector(reader)) if flag[1] == "l" else Fuzzy(reader.value("a word to look for"))
    field = reader.take(_FIELD)
    return _build_text(reader, reader.word()) if field is None else _parse_comparison(reader, field)


def _build_text(reader: TextReader, word: str) -> Node:
    if not word:
        raise reader.error("missing term", _TERM)
    return Text(word)


def _parse_pattern(reader: TextReader) -> Node:
    begin = reader.position
    regex = reader.regex()
    if not regex:
        raise reader.error("empty regular expression", "a pattern between the slashes", begin + 1)
    _check_regex(reader, regex, begin + 1)
    return Pattern(regex)


def _parse_regex(reader: TextReader) -> str:
    reader.skip_space()
    begin = reader.position + (reader.peek() in ("'", '"'))
    regex = reader.value("a regular expression")
    _check_regex(reader, regex, begin)
    return regex


def _check_regex(reader: TextReader, regex: str, begin: int) -> None:
    try:
        regexes.compile_pattern(regex)
    except regexes.BadPattern as problem:
        raise reader.error("unusable regular expression", str(problem), begin + problem.position) from problem


def _parse_comparison(reader: TextReader, found: re.Match[str]) -> Node:
    field, operator = found[1], found[2] or found[3]
    meaning = _OPERATORS.get(operator) or Operator(operator)
    value = _parse_regex(reader) if meaning is Operator.MATCHES else _parse_value(reader, field, meaning)
    compared = Compare(field, meaning, value)
    return Not(compared) if operator.startswith("!") else compared


def _parse_value(reader: TextReader, field: str, operator: Operator) -> str:
    reader.skip_space()
    begin = reader.position
    value = reader.value("a value")
    kind = FIELD_KINDS.get(field.lower())
    if kind is not None:
        try:
            check_value(kind, value)
        except BadValue as problem:
            raise reader.error(f"{field}{operator}{value} cannot be compared", str(problem), begin) from problem
    return value
