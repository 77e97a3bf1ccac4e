"""What can only be a mistake in a filter, and its right spelling: stray operators, wildcards in bare words, sentences."""

import re

from k8sconsole.errors import FilterError
from k8sconsole.model.filters.fields import GENERAL_FIELDS
from k8sconsole.model.text_reader import TextReader

_SPOKEN = {
    "=": "is are equals equal",
    "!=": "isnt",
    "~": "matches match",
    ">": "over above gt exceeds",
    "<": "under below lt",
    ">=": "gte ge",
    "<=": "lte le",
}
SPOKEN_OPERATORS = {word: sign for sign, words in _SPOKEN.items() for word in words.split()} | {
    "startswith": "=*",
    "endswith": "=*",
    "has": "contains",
    "includes": "contains",
    "include": "contains",
    "like": "contains",
    "ilike": "contains",
}
"""Words that people write in place of an operator, and the operator that they mean."""
_THAN = {"greater": ">", "more": ">", "larger": ">", "higher": ">", "older": ">", "longer": ">"} | dict.fromkeys(
    ("less", "fewer", "smaller", "lower", "younger", "newer", "shorter"), "<"
)
_KEY = r"([A-Za-z_][\w.\-/]*)"
_VALUE = r"""("[^"]*"|'[^']*'|[^\s()]+)"""
_BY_WORD = re.compile(rf"{_KEY}\s+({'|'.join(SPOKEN_OPERATORS)})(\s+not)?(?:\s+to)?\s+{_VALUE}", re.IGNORECASE)
_BY_THAN = re.compile(rf"(?:{_KEY}\s+)?(?:is\s+|are\s+)?({'|'.join(_THAN)})\s+than\s+{_VALUE}", re.IGNORECASE)
_BY_EXTENT = re.compile(rf"{_KEY}\s+(?:is\s+)?at\s+(least|most)\s+{_VALUE}", re.IGNORECASE)
_FLAGS = {"-n": "namespace=", "--namespace": "namespace=", "--field-selector": "", "--selector": "-l ", "-A": ""}
_SIGNS = re.compile(r"[=<>!~:&|]+")
_MEANT_SIGNS = {
    "!!=": "!=",
    "=!": "!=",
    "!==": "!=",
    "<>": "!=",
    "===": "=",
    ":=": "=",
    "=>": ">=",
    "=<": "<=",
    "=>=": ">=",
    ">>": ">",
    "<<": "<",
    "~=": "~",
    "=~~": "~",
    "&": "&&",
    "|": "||",
}
_NOT_IN_WORDS = re.compile(r"""[=<>!~&|()\[\]{};"'`]""")
_NOT_IN_VALUES = re.compile(r"""^[=<>!~]|[()\[\]{};"'`&|]""")
OPERATORS = "= != ~ !~ < <= > >= in notin contains"


def stray_operator(reader: TextReader, at: int, remedy: str = "") -> FilterError:
    """The error for a character that is no operator there."""
    found = _SIGNS.match(reader.text, at)
    meant = _MEANT_SIGNS.get(found[0], "") if found else ""
    guess = remedy or (f"{reader.text[:at]}{meant}{reader.text[at + len(found[0]) :]}".strip() if found and meant else "")
    return reader.error(f"stray {found[0] if found else reader.text[at]!r}", f"one of {OPERATORS}, or quotes around it", at, remedy=guess)


def check_word(reader: TextReader, word: str, begin: int) -> None:
    """Raises FilterError for a bare word that can only be a slip: one with an operator, a bracket, a wildcard, or a flag of kubectl."""
    stray = _NOT_IN_WORDS.search(word)
    if stray is not None:
        raise stray_operator(reader, begin + stray.start(), _respell(word))
    if "*" in word or "?" in word:
        raise reader.error(f"wildcard in the word {word!r}", "a field before it", begin, remedy=f"name={word}")
    field, colon, value = word.partition(":")
    if colon and field.lower() in GENERAL_FIELDS:
        following = value or reader.text[reader.position :].split(maxsplit=1)[0:1]
        meant = following if isinstance(following, str) else "".join(following)
        raise reader.error(f"{field!r} with a colon", f"one of {OPERATORS}", begin + len(field), remedy=f"{field}={meant or '…'}")
    if word.startswith("-"):
        meant = _FLAGS.get(word.partition("=")[0], "")
        rest = word.partition("=")[2] or " ".join(reader.text[reader.position :].split()[:1])
        raise reader.error(f"unknown flag {word}", "-l or -f", begin, remedy=f"{meant}{rest}" if meant else rest)


def check_value_text(reader: TextReader, head: str, value: str, begin: int) -> None:
    """Raises FilterError for a bare value that can only be a slip. head: the field and the operator as typed."""
    stray = _NOT_IN_VALUES.search(value)
    if stray is None:
        return
    doubled = _SIGNS.match(value)
    sign = re.search(r"[=<>!~]+$", head)
    meant = _MEANT_SIGNS.get(f"{sign[0]}{doubled[0]}") if sign and doubled else None
    if sign and doubled and meant:
        remedy = f"{head[: sign.start()]}{meant}{value[doubled.end() :]}"
    else:
        bare = _NOT_IN_VALUES.sub("", value)
        several = re.split(r"[|]+", value) if re.fullmatch(r"[\w.\-]+(?:[|][\w.\-]+)+", value) else [bare]
        remedy = f"{head}{','.join(several)}" if bare else ""
        if ";" in value:
            remedy = f"{head}{value.rstrip(';').replace(';', ' and ')}"
    raise stray_operator(reader, begin + stray.start(), remedy)


def explain_words(reader: TextReader) -> None:
    """Raises FilterError for a comparison in words, such as ``status is Running`` or ``older than 2h``, with its right spelling."""
    than = _BY_THAN.match(reader.text, reader.position)
    if than is not None:
        field = than[1] if than[1] and than[1].lower() not in ("is", "are") else "age"
        raise _spelt_wrong(reader, than, f"{field}{_THAN[than[2].lower()]}{than[3]}")
    extent = _BY_EXTENT.match(reader.text, reader.position)
    if extent is not None:
        raise _spelt_wrong(reader, extent, f"{extent[1]}{'>=' if extent[2].lower() == 'least' else '<='}{extent[3]}")
    spoken = _BY_WORD.match(reader.text, reader.position)
    if spoken is not None:
        raise _spelt_wrong(reader, spoken, _spell(spoken[1], spoken[2].lower(), spoken[4], negated=bool(spoken[3])))


def _spell(field: str, word: str, value: str, *, negated: bool) -> str:
    sign = SPOKEN_OPERATORS[word]
    if sign == "contains":
        return f"{field} {'not ' if negated else ''}contains {value.replace('%', '')}"
    if sign == "=*":
        return f"{field}{'!=' if negated else '='}{f'{value}*' if word == 'startswith' else f'*{value}'}"
    return f"{field}{'!' if negated and sign in ('=', '~') else ''}{sign}{value}"


def _spelt_wrong(reader: TextReader, found: re.Match[str], meant: str) -> FilterError:
    rest = reader.text[found.end() :]
    remedy = f"{reader.text[: found.start()]}{meant}{rest}".strip()
    return reader.error(f"no operator in {found[0]!r}", f"one of {OPERATORS}", found.start(), remedy=remedy)


def _respell(word: str) -> str:
    """The word with a usual operator, if the operator in it is a known slip; otherwise without the characters that do not belong there."""
    signs = _SIGNS.search(word)
    if signs is None:
        return _NOT_IN_WORDS.sub("", word)
    meant = _MEANT_SIGNS.get(signs[0], signs[0] if signs[0] in OPERATORS.split() else "=")
    return _NOT_IN_WORDS.sub("", word[: signs.start()]) + meant + _NOT_IN_WORDS.sub("", word[signs.end() :])
