"""Gathering kinds from several versions of their groups: each once, at the version its group prefers."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from k8sconsole.cluster.port import Discovery
from k8sconsole.model.refs import ApiResource


@dataclass
class Found:
    """Versions are added in the order of their group's preference; a kind that the preferred one lacks comes from the next."""

    kinds: dict[tuple[str, str], ApiResource] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def add(self, kinds: Iterable[ApiResource]) -> None:
        for kind in kinds:
            self.kinds.setdefault((kind.group, kind.plural), kind)

    def also(self, other: "Found") -> "Found":
        return Found({**self.kinds, **other.kinds}, {**self.missing, **other.missing})

    def discovery(self) -> Discovery:
        return Discovery(list(self.kinds.values()), self.missing)
