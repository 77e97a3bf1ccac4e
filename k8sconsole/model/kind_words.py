"""How people and models write kinds and objects: ``deploy``, ``apps/v1/Deployment``, ``pods.v1``, ``deployment/web``. Only this reads them.

The command line, the tools and the console resolve a ``KindWord`` against the kinds of a cluster with ``ApiResource.answers_to``.
"""

import re
from functools import lru_cache
from typing import NamedTuple

_VERSION = re.compile(r"v\d+(?:(?:alpha|beta)\d+)?")
_BY_GO = re.compile(r"(?P<head>[\w./-]*)\s*,\s*kind=(?P<kind>\w+)", re.IGNORECASE)
"""A GroupVersionKind as Go prints it: ``apps/v1, Kind=Deployment``."""


class KindWord(NamedTuple):
    """kind: plural, singular, short name or Kind, in lower case. group: None if the text names none; empty for the core group."""

    kind: str
    group: str | None = None


@lru_cache(maxsize=1024)
def read_kind(text: str) -> KindWord:
    """The kind that a text names, with a version or without: ``deployments``, ``Deployment.apps``, ``deployments.v1.apps``, ``pods.v1``,
    ``apps/v1/Deployment``, ``v1/Pod``, ``apps/Deployment``, ``apps/v1, Kind=Deployment``."""
    bare = text.strip().rstrip(",").lower()
    by_go = _BY_GO.fullmatch(bare)
    parts = [part for part in (f"{by_go['head']}/{by_go['kind']}" if by_go else bare).split("/") if part]
    if len(parts) > 1 and _VERSION.fullmatch(parts[-1]):
        parts.pop()  # deployments.apps/v1
    if len(parts) < 2:
        return _read_dotted(parts[0] if parts else "")
    groups = [part for part in parts[:-1] if not _VERSION.fullmatch(part)]
    kind = _read_dotted(parts[-1])
    return kind if kind.group is not None else KindWord(kind.kind, "/".join(groups))


def _read_dotted(text: str) -> KindWord:
    kind, dot, group = text.partition(".")
    if not dot:
        return KindWord(kind)
    head, _, rest = group.partition(".")
    return KindWord(kind, rest if _VERSION.fullmatch(head) else group)


def split_object(text: str) -> tuple[str, str]:
    """The kind and the name in ``deployment/web``, ``apps/v1/Deployment/web`` and ``v1/Pod/web``; no name in a text that is only a kind.

    Names are in lower case, so ``apps/Deployment`` is a group and a kind.
    """
    bare = text.strip().strip("/")
    head, slash, name = bare.rpartition("/")
    is_kind = not slash or "=" in bare or _VERSION.fullmatch(name) or _VERSION.fullmatch(head.rpartition("/")[2]) or name != name.lower()
    return (bare, "") if is_kind else (head, name)
