"""Which kind a word names, where several API groups have one of that name: the choice, and the words about it.

Reading takes the first in the server's own order, as kubectl does, and says so. A change never guesses: it asks for ``kind.group``.
"""

import contextlib
from collections.abc import Iterable, Iterator, Sequence

from k8sconsole.errors import InvalidParams, NotFound, argument_details
from k8sconsole.model.refs import ApiResource

_SAME_OBJECTS = frozenset({"events", "events.events.k8s.io"})
"""The server serves the same events in both groups, so the word is not ambiguous."""


def matching_kinds(resources: Sequence[ApiResource], word: str) -> list[ApiResource]:
    """The kinds that the word names, in the order of ``resources``. A kind's full name, such as ``pods`` or ``deployments.apps``, names
    that kind alone."""
    found = [one for one in resources if one.answers_to(word)]
    exact = [one for one in found if one.name == word.lower()]
    if exact:
        return exact[:1]
    same = [one for one in found if one.name in _SAME_OBJECTS]
    return [one for one in found if one not in same[1:]]


def choice_note(word: str, chosen: ApiResource, others: Sequence[ApiResource]) -> str:
    """Which kind the word was taken for, and the others. Empty where there is no other."""
    if not others:
        return ""
    names = ", ".join(one.name for one in others)
    return f"{word} is taken for {chosen.name}, the server's first; the same name is also in {names} (try: kind={others[0].name})"


@contextlib.contextmanager
def mention_choice(notes: Iterable[str]) -> Iterator[None]:
    """Adds the notes to a NotFound that the block raises: the object may be one of another group's. They are read when it is raised."""
    try:
        yield
    except NotFound as problem:
        problem.detail = "; ".join(filter(None, (problem.detail, *notes)))
        raise


def ambiguous_kind(word: str, kinds: Sequence[ApiResource], parameter: str) -> InvalidParams:
    """The refusal to change something whose kind is not certain. parameter: the parameter that holds the word."""
    names = [str(one.name) for one in kinds]
    details = argument_details(parameter, word, names, "kind.group")
    return InvalidParams(f"{word!r} names {len(names)} kinds", f"it may be {' or '.join(names)}", f"kind={names[0]}", details)
