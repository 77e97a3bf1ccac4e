"""Where the browser is: a kind, in clusters and namespaces, narrowed by what was drilled into and by the filter. And the way there."""

import msgspec

from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, ResourceName
from k8sconsole.model.resources import BUILTIN

EVENT_KINDS = (ResourceName("events"), ResourceName("events.events.k8s.io"))
_BUILTIN = frozenset(one.name for one in BUILTIN)


class Location(msgspec.Struct, frozen=True):
    """No namespaces means all. scope: the filter that drilling down brought, scope_label its words for the breadcrumb.
    sort: the column that the person chose; empty for the kind's own order."""

    resource: ApiResource
    clusters: tuple[ClusterName, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    filter: str = ""
    scope: str = ""
    scope_label: str = ""
    sort: str = ""
    descending: bool = False
    faults: bool = False

    @property
    def within(self) -> tuple[Namespace, ...]:
        """The namespaces that matter to this kind; one without keeps them only for the kind that is shown next."""
        return self.namespaces if self.resource.namespaced else ()

    @property
    def sort_column(self) -> str:
        """The column that orders the rows. Events are ordered by when they last occurred, the newest first."""
        return self.sort or ("LAST SEEN" if self.resource.name in EVENT_KINDS else "NAME")

    @property
    def whole_filter(self) -> str:
        """The scope and the filter as one expression."""
        parts = [part for part in (self.scope, self.filter) if part.strip()]
        return " and ".join(f"({part})" for part in parts) if len(parts) > 1 else "".join(parts)

    @property
    def crumbs(self) -> tuple[str, ...]:
        """The kind with its group, unless it is one of Kubernetes' own: other groups may have a kind of that name."""
        where = ", ".join(self.namespaces) if self.namespaces else "all namespaces"
        kind = self.resource.plural if self.resource.name in _BUILTIN else str(self.resource.name)
        return (kind, *((where,) if self.resource.namespaced else ()), *((self.scope_label,) if self.scope_label else ()))


class LocationHistory:
    """Places visited, as a browser remembers them; last() goes between the newest two."""

    def __init__(self, most: int = 50) -> None:
        self._places: list[Location] = []
        self._at = -1
        self._previous: Location | None = None
        self._most = most

    @property
    def here(self) -> Location | None:
        return self._places[self._at] if self._places else None

    def visit(self, place: Location) -> None:
        """Adds a location; newer entries are dropped."""
        if place == self.here:
            return
        self._previous = self.here
        self._places = [*self._places[: self._at + 1], place][-self._most :]
        self._at = len(self._places) - 1

    def pin(self, clusters: tuple[ClusterName, ...]) -> None:
        """The selection changes: the locations so far were of these clusters, and going back to one of them means those."""
        self._places = [_pinned(place, clusters) for place in self._places]
        self._previous = _pinned(self._previous, clusters) if self._previous else None

    def step(self, by: int) -> Location | None:
        """One older or newer; None at the end of the trail."""
        if not 0 <= self._at + by < len(self._places):
            return None
        self._previous = self.here
        self._at += by
        return self.here

    def last(self) -> Location | None:
        place = self._previous
        if place is not None:
            self.visit(place)
        return place


def _pinned(place: Location, clusters: tuple[ClusterName, ...]) -> Location:
    return place if place.clusters else msgspec.structs.replace(place, clusters=clusters)
