"""The typed filter's grammar, read by recursive descent: ``or`` binds weakest, then ``and`` and white space, then ``!`` and ``not``."""

import re

from k8sconsole.model.filters import regexes
from k8sconsole.model.filters.fields import FIELD_KINDS
from k8sconsole.model.filters.tree import And, Compare, Filter, Fuzzy, Labels, NamePattern, Node, Not, Operator, Or, Pattern, Text
from k8sconsole.model.filters.values import BadValue, check_value
from k8sconsole.model.selectors import read_selector
from k8sconsole.model.text_reader import TextReader

LONGEST = 4_000
"""Characters of a filter."""
DEEPEST = 40
"""Brackets and negations within one another."""

_KEYWORD = re.compile(r"(and|or|not)(?=[\s()!]|$)", re.IGNORECASE)
_FLAG = re.compile(r"-([lf])(?=\s|$)")
_FIELD = re.compile(
    r"""([A-Za-z0-9_.][\w.\-/]*(?:\[(?:\?\([^)]*\)|'[^']*'|"[^"]*"|[^\]\s]*)\][\w.\-/]*)*(?:\(\w+\))?)(?:\s*(!=|==|>=|<=|=(?!~)|>|<)|(!~|~))"""
)
_OPERATORS = {"=": Operator.EQUAL, "==": Operator.EQUAL, "!=": Operator.EQUAL, "~": Operator.MATCHES, "!~": Operator.MATCHES}
_TERM = "a word, /regex/, ~name, -l selector, field=value or a bracket"


def parse_filter(text: str) -> Filter:
    """Raises FilterError, which knows the column and says what was expected there. Nothing but white space keeps everything."""
    reader = TextReader(text)
    if len(text) > LONGEST:
        raise reader.error("filter too long", f"at most {LONGEST} characters", LONGEST)
    reader.skip_space()
    if reader.at_end():
        return Filter(text)
    root = _either(reader, 0)
    reader.skip_space()
    if not reader.at_end():
        raise reader.error("closing bracket without an opening one", "the end, or another term")
    return Filter(text, root)


def _either(reader: TextReader, depth: int) -> Node:
    terms = [_all(reader, depth)]
    while _keyword(reader, "or"):
        terms.append(_all(reader, depth))
    flat = [part for term in terms for part in (term.terms if isinstance(term, Or) else (term,))]
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def _all(reader: TextReader, depth: int) -> Node:
    terms = [_term(reader, depth)]
    while _keyword(reader, "and") or _another(reader):
        terms.append(_term(reader, depth))
    flat = [part for term in terms for part in (term.terms if isinstance(term, And) else (term,))]
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def _keyword(reader: TextReader, word: str) -> bool:
    reader.skip_space()
    found = _KEYWORD.match(reader.text, reader.position)
    if found is None or found[1].lower() != word:
        return False
    reader.position = found.end()
    return True


def _another(reader: TextReader) -> bool:
    found = _KEYWORD.match(reader.text, reader.position)
    return not reader.at_end() and reader.peek() != ")" and (found is None or found[1].lower() == "not")


def _term(reader: TextReader, depth: int) -> Node:
    if depth > DEEPEST:
        raise reader.error("brackets too deep", f"at most {DEEPEST} within one another")
    reader.skip_space()
    begin = reader.position
    if reader.at_end() or reader.peek() == ")":
        raise reader.error("missing term", _TERM)
    if _keyword(reader, "not"):
        return Not(_term(reader, depth + 1))
    if reader.peek() == "!" and reader.peek(2) != "!=":
        reader.position += 1
        return Not(_term(reader, depth + 1))
    if reader.peek() == "(":
        return _bracket(reader, depth)
    keyword = _KEYWORD.match(reader.text, begin)
    if keyword is not None:
        raise reader.error(f"{keyword[1]!r} with nothing before it", _TERM)
    return _simple(reader)


def _bracket(reader: TextReader, depth: int) -> Node:
    begin = reader.position
    reader.position += 1
    inner = _either(reader, depth + 1)
    reader.skip_space()
    if reader.peek() != ")":
        raise reader.error("unclosed bracket", "a closing )", begin)
    reader.position += 1
    return inner


def _simple(reader: TextReader) -> Node:
    match reader.peek():
        case "/":
            return _pattern(reader)
        case "~":
            reader.position += 1
            return NamePattern(_regex_value(reader))
        case '"' | "'":
            return _text(reader, reader.quoted())
        case "=" | "<" | ">" | "!":
            raise reader.error("operator without a field", "a field before it, such as status=Running")
    flag = reader.take(_FLAG)
    if flag is not None:
        return Labels(read_selector(reader)) if flag[1] == "l" else Fuzzy(reader.value("a word to look for"))
    field = reader.take(_FIELD)
    return _text(reader, reader.word()) if field is None else _comparison(reader, field)


def _text(reader: TextReader, word: str) -> Node:
    if not word:
        raise reader.error("missing term", _TERM)
    return Text(word)


def _pattern(reader: TextReader) -> Node:
    begin = reader.position
    regex = reader.regex()
    if not regex:
        raise reader.error("empty regular expression", "a pattern between the slashes", begin + 1)
    _checked(reader, regex, begin + 1)
    return Pattern(regex)


def _regex_value(reader: TextReader) -> str:
    reader.skip_space()
    begin = reader.position + (reader.peek() in ("'", '"'))
    regex = reader.value("a regular expression")
    _checked(reader, regex, begin)
    return regex


def _checked(reader: TextReader, regex: str, begin: int) -> None:
    try:
        regexes.compile_pattern(regex)
    except regexes.BadPattern as problem:
        raise reader.error("unusable regular expression", str(problem), begin + problem.position) from problem


def _comparison(reader: TextReader, found: re.Match[str]) -> Node:
    field, operator = found[1], found[2] or found[3]
    meaning = _OPERATORS.get(operator) or Operator(operator)
    value = _regex_value(reader) if meaning is Operator.MATCHES else _compared_value(reader, field, meaning)
    compared = Compare(field, meaning, value)
    return Not(compared) if operator.startswith("!") else compared


def _compared_value(reader: TextReader, field: str, operator: Operator) -> str:
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
