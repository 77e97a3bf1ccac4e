"""What a line behind the colon means: ``pods``, ``deploy shop``, ``pod /text``, ``pod app=x @ctx``, ``ns shop``, ``ctx a,b``, ``q``.

Parsed here without knowledge of the kinds and panes; the caller resolves them.
"""

import shlex

import msgspec

PANES = ("cluster", "tools", "chat", "metrics")
WORDS = {
    "q": "quit", "quit": "quit", "q!": "quit", "exit": "quit", "messages": "messages", "help": "help", "h": "help", "?": "help",
    "ctx": "contexts", "context": "contexts", "contexts": "contexts", "ns": "namespace", "theme": "theme", "filter": "filter",
    "refresh": "refresh",
}  # fmt: skip


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
    words = text.strip().split()
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
    body, slash, pattern = rest.partition("/") if "/" in rest and "=" not in rest.partition("/")[0] else (rest, "", "")
    namespaces: list[str] = []
    filters: list[str] = []
    contexts: list[str] = []
    for word in _split(body):
        if word.startswith("@"):
            contexts += [name for name in word[1:].split(",") if name]
        elif any(sign in word for sign in "=<>~") or word.startswith(("!", "-")) or filters[-1:] == ["-l"]:
            filters.append(word)
        else:
            namespaces += [name for name in word.split(",") if name]
    if slash:
        filters.append(pattern.strip())
    return Command("kind", head, tuple(namespaces), " ".join(part for part in filters if part), tuple(contexts))


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def complete(text: str, kinds: list[str], namespaces: list[str], contexts: list[str]) -> str | None:
    """The whole line that ``text`` could become, the likeliest first; None when nothing begins so."""
    head, space, last = text.rpartition(" ")
    if not space:
        return _first([*PANES, "ctx", "ns", "messages", "theme", "q", *kinds], text) if text else None
    first = head.split()[0].lower() if head.split() else ""
    if last.startswith("@"):
        found = _first([f"@{name}" for name in contexts], last)
    else:
        found = _first(contexts if first in ("ctx", "context", "contexts") else namespaces, last) if last else None
    return f"{head} {found}" if found else None


def _first(choices: list[str], start: str) -> str | None:
    return next((choice for choice in choices if choice.startswith(start) and choice != start), None)
