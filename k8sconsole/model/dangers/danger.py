"""One dangerous fact of an object, and how several of them read."""

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Any

import msgspec

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
    ordered = sorted(places.items(), key=lambda item: item[0][0])
    return [_format_line(text, [one for one in where if one]) for (_, text), where in ordered]


def _format_line(text: str, where: Sequence[str]) -> str:
    return f"{', '.join(where)}: {text}" if where else text


def compare_dangers(before: Sequence[Danger], after: Sequence[Danger]) -> list[Danger]:
    """What a change adds, with the former value, and what it takes away. A fact that stays is left out."""
    old = {(one.key, one.where): one.value for one in before}
    kept, known = {(one.key, one.where) for one in after}, set(before)
    added = [_with_former(one, old.get((one.key, one.where))) for one in after if one not in known]
    gone = [msgspec.structs.replace(one, rank=Rank.WORTH_KNOWING, key=f"no longer {one.key}") for one in before
            if (one.key, one.where) not in kept]  # fmt: skip
    return [*added, *gone]


def _with_former(one: Danger, former: str | None) -> Danger:
    return msgspec.structs.replace(one, value=f"{one.value} (was {former})") if former and one.value else one
