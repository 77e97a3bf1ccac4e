"""The intent of a question in plain English that a command can answer: a list, a count, a log.

Deterministic: every word of the question is either understood or named in ``unknown``. Nothing is guessed.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec


class Want(StrEnum):
    LIST = "list"
    COUNT = "count"
    LOGS = "logs"
    NOTHING = "nothing"


class Intent(msgspec.Struct, frozen=True):
    """kind: the resource's name from ``kinds``. filter: an expression of the typed filter. unknown: the words that were not understood."""

    want: Want
    kind: str = ""
    namespaces: tuple[str, ...] = ()
    filter: str = ""
    name: str = ""
    container: str = ""
    unknown: tuple[str, ...] = ()


_FILLER = frozenset(
    [
        "show",
        "list",
        "get",
        "give",
        "me",
        "all",
        "the",
        "please",
        "which",
        "what",
        "are",
        "is",
        "there",
        "find",
        "any",
        "of",
        "that",
        "a",
        "an",
        "do",
        "does",
        "have",
        "has",
        "we",
        "i",
        "see",
        "with",
        "currently",
        "now",
        "who",
        "every",
        "and",
        "my",
        "let",
        "us",
        "tell",
        "display",
    ]
)
_STATES = {
    "running": "status=Running", "pending": "status=Pending", "failed": "status=Failed", "completed": "status=Completed",
    "succeeded": "status=Succeeded", "terminating": "status=Terminating", "evicted": "status=Evicted", "ready": "ready>=1",
    "crashing": "status=CrashLoopBackOff", "crashlooping": "status=CrashLoopBackOff", "oomkilled": "status=OOMKilled",
    "restarting": "restarts>0", "restarted": "restarts>0", "active": "status=Active", "bound": "status=Bound",
    "unschedulable": "status=Pending",
}  # fmt: skip
_OPPOSITES = {"status": "!=", "ready": "<", "restarts": "="}
_BROKEN = frozenset(["unhealthy", "broken", "failing", "bad", "wrong", "sick", "problematic"])
_HEALTHY = frozenset(["healthy", "fine", "well", "ok"])
_BROKEN_FILTER = "(ready<1 or status~'(?i)error|fail|backoff|pending|evicted|oomkilled|notready|lost|unknown') and !status=Completed"
_PHRASES: tuple[tuple[str, str], ...] = (
    (r"(?:with )?(?:more than|over|at least) (\d+) restarts?", "restarts>{0}"), (r"older than (\d+[smhdw])", "age>{0}"),
    (r"(?:younger|newer) than (\d+[smhdw])", "age<{0}"), (r"(?:on|at) node (\S+)", "node={0}"), (r"(?:named|called) (\S+)", "name={0}"),
    (r"(?:labelled|labeled|(?:with )?label) (\S+=\S+)", "-l {0}"), (r"(?:owned by|of deployment) (\S+)", "owner={0}"),
)  # fmt: skip
_LOGS = re.compile(
    r"^(?:(?:show|show me|get|give me|tail) )?(?:the )?logs? (?:of|for|from) (?:pod )?"
    r"(?P<name>\S+)(?: container (?P<container>\S+))?(?P<rest>.*)$"
)
_NAMESPACE = re.compile(r"\b(?:in|from) (?:the )?(?:namespaces? )?((?!all\b)[\w.-]+(?:(?:, ?| and )[\w.-]+)*)(?: namespace)?")
_EVERYWHERE = re.compile(r"\bin (?:all|every|any) namespaces?\b|\banywhere\b|\beverywhere\b")


def parse_question(question: str, kinds: Mapping[str, str]) -> Intent:
    """kinds: each word for a kind in lower case -> the resource's name. Never raises."""
    text = " ".join(question.strip().rstrip("?.!").split())
    logs = _LOGS.match(_lower_words(text))
    if logs:
        namespaces, rest = _extract_namespaces(logs["rest"].strip())
        unknown = tuple(word for word in rest.split() if word not in _FILLER)
        return Intent(Want.LOGS, "pods", namespaces, name=logs["name"], container=logs["container"] or "", unknown=unknown)
    counting, text = _split_count(_lower_words(text))
    filters, text = _extract_phrases(text)
    namespaces, text = _extract_namespaces(text)
    kind, words = _extract_kind(text.split(), kinds)
    state_filters, unknown_words = _extract_states(words)
    if not kind:
        return Intent(Want.NOTHING, unknown=tuple(unknown_words))
    return Intent(
        Want.COUNT if counting else Want.LIST, kind, namespaces, " and ".join([*filters, *state_filters]), unknown=tuple(unknown_words)
    )


def _lower_words(text: str) -> str:
    """Lower case, except words that look like a filter."""
    return " ".join(word if any(sign in word for sign in "=<>~") else word.lower() for word in text.split())


def _split_count(text: str) -> tuple[bool, str]:
    found = re.match(r"^(?:how many|count(?: of| the)?|number of) (.*)$", text)
    return (True, found[1]) if found else (False, text)


def _extract_phrases(text: str) -> tuple[list[str], str]:
    filters: list[str] = []
    for pattern, template in _PHRASES:
        while found := re.search(pattern, text):
            filters.append(template.format(*found.groups()))
            text = f"{text[: found.start()]} {text[found.end() :]}"
    return filters, text


def _extract_namespaces(text: str) -> tuple[tuple[str, ...], str]:
    text = _EVERYWHERE.sub(" ", text)
    found = _NAMESPACE.search(text)
    if not found:
        return (), text
    names = tuple(name for name in re.split(r", ?| and ", found[1]) if name)
    return names, f"{text[: found.start()]} {text[found.end() :]}"


def _extract_kind(words: Sequence[str], kinds: Mapping[str, str]) -> tuple[str, list[str]]:
    for at, word in enumerate(words):
        bare = word.strip(",")
        name = kinds.get(bare) or kinds.get(bare.removesuffix("s"))
        if name:
            return name, [*words[:at], *words[at + 1 :]]
    return "", list(words)


def _extract_states(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Returns the filters that single words mean, and the words without a meaning."""
    filters: list[str] = []
    unknown: list[str] = []
    negated = False
    for word in words:
        bare = word.strip(",").removeprefix("non-")
        negated = negated or word.startswith("non-")
        if bare in ("not", "aren't", "isn't", "without", "no"):
            negated = True
            continue
        meaning = _state_filter(bare, negated)
        if meaning:
            filters.append(meaning)
            negated = False
        elif bare and bare not in _FILLER:
            unknown.append(word)
    return filters, unknown


def _state_filter(word: str, negated: bool) -> str:
    if any(sign in word for sign in "=<>~"):
        return f"!({word})" if negated else word
    if word in _BROKEN or word in _HEALTHY:
        return f"({_BROKEN_FILTER})" if (word in _BROKEN) != negated else f"!({_BROKEN_FILTER})"
    meaning = _STATES.get(word, "")
    if not meaning or not negated:
        return meaning
    field, value = re.split(r">=|=|>", meaning, maxsplit=1)
    return f"{field}{_OPPOSITES[field]}{value}"
