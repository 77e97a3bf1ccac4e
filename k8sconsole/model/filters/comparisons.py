"""One comparison of a filter: the field, the operator as people and models write it, and one value or several."""

import re

from k8sconsole.model.filters import regexes
from k8sconsole.model.filters.fields import FIELD_KINDS
from k8sconsole.model.filters.slips import check_value_text, explain_words
from k8sconsole.model.filters.tree import Compare, Node, Not, Operator, Or
from k8sconsole.model.filters.values import BadValue, check_value
from k8sconsole.model.text_reader import TextReader

_KEY = r"""[A-Za-z0-9_.][\w.\-/]*(?:\[(?:\?\([^)]*\)|'[^']*'|"[^"]*"|[^\]\s]*)\][\w.\-/]*)*(?:\(\w+\))?"""
_SIGNED = re.compile(rf"({_KEY})(?:\s*(!=~|=~|!=|==|>=|<=|=|>|<)|(!~|~))")
_WORDED = re.compile(rf"({_KEY})\s+(not\s+in|notin|in|(?:not\s+)?contains)(?=[\s(\[\"']|$)", re.IGNORECASE)
_OPERATORS = {
    "=": Operator.EQUAL,
    "==": Operator.EQUAL,
    "!=": Operator.EQUAL,
    "~": Operator.MATCHES,
    "!~": Operator.MATCHES,
    "=~": Operator.MATCHES,
    "!=~": Operator.MATCHES,
}
_BRACKETS = {"(": ")", "[": "]"}
_SEPARATOR = re.compile(r"\s*,")
_ITEM = re.compile(r"""\s*(?:"[^"]*"|'[^']*'|[^\s,()\[\]"']+)""")


def read_comparison(reader: TextReader) -> Node | None:
    """The comparison at the reader's position; None if something else is there. Raises FilterError."""
    found = reader.take(_SIGNED)
    if found is not None:
        return _read_signed(reader, found)
    found = reader.take(_WORDED)
    if found is not None:
        return _read_worded(reader, found)
    explain_words(reader)
    return None


def _read_signed(reader: TextReader, found: re.Match[str]) -> Node:
    field, sign = found[1], found[2] or found[3]
    operator = _OPERATORS.get(sign) or Operator(sign)
    if operator is Operator.MATCHES:
        compared: Node = Compare(field, operator, read_regex(reader))
    else:
        compared = _compare_any(field, operator, _read_values(reader, found[0], field, operator))
    return Not(compared) if sign.startswith("!") else compared


def _read_worded(reader: TextReader, found: re.Match[str]) -> Node:
    """``field in (a, b)``, ``field notin (a, b)``, ``field contains word``, and their negations."""
    field, word = found[1], " ".join(found[2].lower().split())
    reader.skip_space()
    if reader.at_end():
        raise reader.error(f"{word!r} with nothing after it", "a value" if word.endswith("contains") else "values, such as (a, b)")
    if word.endswith("contains"):
        compared: Node = Compare(field, Operator.MATCHES, re.escape(reader.value("a word to look for")))
    else:
        compared = _compare_any(field, Operator.EQUAL, _read_list(reader, field))
    return Not(compared) if word.startswith("not") else compared


def _compare_any(field: str, operator: Operator, values: list[str]) -> Node:
    terms: list[Node] = [Compare(field, operator, value) for value in dict.fromkeys(values)]
    return terms[0] if len(terms) == 1 else Or(tuple(terms))


def _read_list(reader: TextReader, field: str) -> list[str]:
    """The values after ``in``, in brackets or without."""
    opening = reader.peek()
    if opening not in _BRACKETS:
        return _read_values(reader, f"{field} in", field, Operator.EQUAL)
    begin = reader.position
    reader.position += 1
    values: list[str] = []
    while (item := reader.take(_ITEM)) is not None:
        values.append(item[0].strip().strip("\"'"))
        _check_kind(reader, field, Operator.EQUAL, values[-1], item.end() - len(item[0].strip()))
        if reader.take(_SEPARATOR) is None:
            break
    reader.skip_space()
    if not values or reader.peek() != _BRACKETS[opening]:
        raise reader.error("unreadable list", f"values separated by commas, then a closing {_BRACKETS[opening]}", begin)
    reader.position += 1
    return values


def _read_values(reader: TextReader, head: str, field: str, operator: Operator) -> list[str]:
    """One value, or several separated by commas. A comma before another comparison means ``and`` and is left to the caller.

    head: the field and its operator as typed.
    """
    reader.skip_space()
    begin = reader.position
    if reader.peek() and reader.peek() in "\"'":
        value = reader.value("a value")
        _check_kind(reader, field, operator, value, begin)
        return [value]
    values: list[str] = []
    while True:
        at = reader.position
        value = _read_bare_value(reader, head, field, operator, first=not values)
        values.append(value)
        _check_kind(reader, field, operator, value, at)
        if not _continues(reader):
            break
        if operator is not Operator.EQUAL:
            raise reader.error(f"several values after {operator.value}", "one value", begin)
    # A cell may hold the list itself, such as Ready,SchedulingDisabled.
    return [*values, ",".join(values)] if len(values) > 1 and field.lower() not in FIELD_KINDS else values


def _continues(reader: TextReader) -> bool:
    """Whether another value of the list follows; then the comma is read. A trailing comma is read too."""
    at = reader.position
    if reader.take(_SEPARATOR) is None:
        return False
    reader.skip_space()
    if reader.at_end() or reader.peek() == ")":
        return False
    if reader.peek() == "!" or _SIGNED.match(reader.text, reader.position) or _WORDED.match(reader.text, reader.position):
        reader.position = at
        return False
    return True


def _read_bare_value(reader: TextReader, head: str, field: str, operator: Operator, *, first: bool) -> str:
    """Up to a comma, white space, ``&&``, ``||`` or the end of the brackets around it. Raises FilterError for what can only be a slip."""
    begin = reader.position
    if not first and reader.peek() in ("'", '"'):
        return reader.quoted()
    word = reader.word()
    value = word if operator is Operator.MATCHES else word.partition(",")[0]
    reader.position = begin + len(value)
    if not value:
        raise reader.error("nothing to compare with", "a value", begin)
    check_value_text(reader, head, value, begin)
    return value


def read_regex(reader: TextReader) -> str:
    """A regular expression, in quotes or up to white space. Raises FilterError."""
    reader.skip_space()
    begin = reader.position + (reader.peek() in ("'", '"'))
    regex = reader.value("a regular expression")
    regexes.check_pattern(reader, regex, begin)
    return regex


def _check_kind(reader: TextReader, field: str, operator: Operator, value: str, begin: int) -> None:
    """Raises FilterError for a value that no value of this field can be compared with."""
    kind = FIELD_KINDS.get(field.lower())
    if kind is None:
        return
    try:
        check_value(kind, value)
    except BadValue as problem:
        raise reader.error(f"{field}{operator}{value} cannot be compared", str(problem), begin) from problem
