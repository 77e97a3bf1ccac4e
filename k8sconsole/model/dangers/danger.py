"""One dangerous fact of an object, and how several of them read."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Any

import msgspec

_LONG = 300
"""Characters of a line that is long."""
Body = Mapping[str, Any]


class Rank(IntEnum):
    """TAKES_OVER: gives power over the node or the cluster. RUNS: what runs, and as which account. WORTH_KNOWING: everything else."""

    TAKES_OVER = 0
    RUNS = 1
    WORTH_KNOWING = 2


class Danger(msgspec.Struct, frozen=True):
    """key: what it is about, such as ``image``. value: whole, never shortened. where: such as ``container web``; empty for the object."""

    rank: Rank
    key: str
    value: str = ""
    where: str = ""

    @property
    def text(self) -> str:
        return f"{self.key}: {self.value}" if self.value else self.key


def as_map(value: Any) -> Body:
    """The value where it is a mapping, else an empty one. What is examined here was not always checked by a server."""
    return value if isinstance(value, dict) else {}


def as_maps(value: Any) -> list[Body]:
    """The mappings of a list; none where it is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def as_words(value: Any) -> list[str]:
    """The items of a list as text; none where it is no list."""
    return [str(one) for one in value] if isinstance(value, list) else []


def format_dangers(dangers: Iterable[Danger]) -> list[str]:
    """One line for each fact, the most serious first. Containers that share a fact share its line."""
    places: dict[tuple[Rank, str], list[str]] = {}
    for one in dangers:
        known = places.setdefault((one.rank, one.text), [])
        if one.where not in known:
            known.append(one.where)
    # A long command must not push another container's image out of a first view, so long lines come last within their rank.
    ordered = sorted(places.items(), key=lambda item: (item[0][0], len(item[0][1]) > _LONG))
    return [_format_line(text, [one for one in where if one]) for (_, text), where in ordered]


def _format_line(text: str, where: Sequence[str]) -> str:
    """One line, whatever is in the text: a line end in a name must not look like another fact."""
    line = f"{', '.join(where)}: {text}" if where else text
    return line.replace("\n", "\\n").replace("\r", "\\r")


def compare_dangers(before: Sequence[Danger], after: Sequence[Danger]) -> list[Danger]:
    """What a change adds, with the former value, and what it takes away. A fact that stays is left out."""
    had, has = set(before), set(after)
    added, gone = [one for one in after if one not in had], [one for one in before if one not in has]
    exchanged = _exchanged(added, gone)
    former = {new: old.value for new, old in exchanged.items()}
    replaced = set(exchanged.values())
    shown = [msgspec.structs.replace(one, value=f"{one.value} (was {former[one]})") if former.get(one) else one for one in added]
    lost = [one for one in gone if one not in replaced]
    return [*shown, *(msgspec.structs.replace(one, rank=Rank.WORTH_KNOWING, key=f"no longer {one.key}") for one in lost)]


def _exchanged(added: Sequence[Danger], gone: Sequence[Danger]) -> dict[Danger, Danger]:
    """New fact → the one that it replaces: the only two of one key in one place, such as the image of a container."""
    keys = Counter((one.key, one.where) for one in added)
    left: dict[tuple[str, str], list[Danger]] = {}
    for one in gone:
        left.setdefault((one.key, one.where), []).append(one)
    return {one: left[key][0] for one in added if keys[key := (one.key, one.where)] == 1 and len(left.get(key, ())) == 1}
