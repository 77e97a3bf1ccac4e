"""What a line behind the colon means: ``pods``, ``deploy shop``, ``pod /text``, ``pod app=x @ctx``, ``ns shop``, ``ctx a,b``, ``q``.

Parsed here without knowledge of the kinds and panes; the caller resolves them. A name with spaces or commas is written in quotes:
``ctx "AKS Dev Env"``, ``pods @"AKS Dev Env"``.
"""

import re
from collections.abc import Sequence

import msgspec

PANES = ("cluster", "tools", "chat", "metrics")
WORDS = {
    "q": "quit", "quit": "quit", "q!": "quit", "exit": "quit", "messages": "messages", "help": "help", "h": "help", "?": "help",
    "ctx": "contexts", "context": "contexts", "contexts": "contexts", "ns": "namespace", "theme": "theme", "filter": "filter",
    "refresh": "refresh",
}  # fmt: skip


_WORD = re.compile(r"""(?:"[^"]*"|'[^']*'|\S)+""")
"""Up to the next blank outside quotes; a quote that is not closed is a character like any other."""
_NAME = re.compile(r"""(?:"[^"]*"|'[^']*'|[^,])+""")
_QUOTED = re.compile(r"""(["'])(.*?)\1""")
_OPEN_NAME = re.compile(r"""(?:^|(?<=[\s@,]))(["'])([^"']*)$""")
"""The beginning of a quoted name at the end of a line."""


class Command(msgspec.Struct, frozen=True):
    """verb: a pane's name, one of WORDS' values, ``kind``, or empty for an empty line. words: what follows."""

    verb: str
    kind: str = ""
    namespaces: tuple[str, ...] = ()
    filter: str = ""
    contexts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def parse_command(text: str) -> Command:
    """Never fails: text that makes no sense becomes an unknown kind."""
    words = [_unquote(word) for word in _WORD.findall(text)]
    if not words:
        return Command("")
    head, *rest = words
    if head.lower() in PANES:
        return Command("pane", words=(head.lower(),))
    verb = WORDS.get(head.lower())
    if verb is not None and not (verb == "namespace" and not rest):
        return Command(verb, words=tuple(rest), kind=head)
    return _kind(text.strip())


def _kind(text: str) -> Command:
    head, _, rest = text.partition(" ")
    namespaces: list[str] = []
    filters: list[str] = []
    contexts: list[str] = []
    pattern: list[str] = []
    for word in _WORD.findall(rest):
        if word.startswith("@"):
            contexts += [_unquote(name) for name in _NAME.findall(word[1:])]
        elif pattern or word.startswith("/"):
            pattern.append(word)
        elif any(sign in word for sign in "=<>~") or word.startswith(("!", "-")) or filters[-1:] == ["-l"]:
            filters.append(word)
        else:
            namespaces += [name for name in _unquote(word).split(",") if name]
    filters.append(" ".join(pattern).removeprefix("/").strip())
    return Command("kind", head, tuple(namespaces), " ".join(part for part in filters if part), tuple(contexts))


def _unquote(word: str) -> str:
    return _QUOTED.sub(r"\2", word)


def resolve_contexts(words: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """The contexts that the words behind ``ctx`` name. A known name may hold blanks and commas; otherwise commas part names."""
    whole = " ".join(words)
    if whole in known:
        return (whole,)
    return tuple(name for word in words for name in ((word,) if word in known else word.split(",")) if name)


def complete(text: str, kinds: list[str], namespaces: list[str], contexts: list[str]) -> str | None:
    """The whole line that ``text`` could become, the likeliest first; None when nothing begins so."""
    head, space, last = text.rpartition(" ")
    if not space:
        return _first([*PANES, "ctx", "ns", "messages", "theme", "q", *kinds], text) if text else None
    if quoted := _OPEN_NAME.search(text):
        name = _first(contexts, quoted[2]) if quoted[2] else None
        return f"{text[: quoted.start(2)]}{name}{quoted[1]}" if name else None
    first, _, rest = text.partition(" ")
    if first.lower() in ("ctx", "context", "contexts") and (name := _first(contexts, rest) if rest else None):
        return f"{first} {name}"
    first = head.split()[0].lower() if head.split() else ""
    if last.startswith("@"):
        found = _first([f"@{name}" for name in contexts], last)
    else:
        found = _first(contexts if first in ("ctx", "context", "contexts") else namespaces, last) if last else None
    return f"{head} {found}" if found else None


def _first(choices: list[str], start: str) -> str | None:
    return next((choice for choice in choices if choice.startswith(start) and choice != start), None)
