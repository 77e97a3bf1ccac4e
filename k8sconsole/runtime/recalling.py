"""Reading in full, for commands and views: objects, the life of one, its timeline, what changed; each a call through the pipeline."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from k8sconsole.model.refs import ObjectRef
from k8sconsole.runtime.services.cache import CacheReader
from k8sconsole.runtime.services.cluster_selection import ClusterChooser
from k8sconsole.runtime.services.tools import ToolCaller

if TYPE_CHECKING:
    from k8sconsole.model.history import TimelineItem
    from k8sconsole.runtime.services.get import Asked, Fetching
    from k8sconsole.runtime.services.history import ChangesWanted, LifeWanted, Remembered, Remembering


class Recaller(ClusterChooser, CacheReader, ToolCaller):
    """Loaded parts by parts: a console that is never asked for the past does without it."""

    async def get(self, asked: "Asked") -> Any:
        """Objects of one kind with how old they are: a ``fetching.Found``."""
        return await self._fetching.get(self.selected, asked, self.face, "local")

    async def life(self, wanted: "LifeWanted") -> "Remembered":
        """The versions of one object of the selected cluster."""
        return await self._remembering.life(self.selected, wanted, self.face)

    async def timeline(self, ref: ObjectRef) -> "list[TimelineItem]":
        """All that is known to have happened to this object and to what it owns, newest first."""
        resource = await self.find_resource(ref.cluster, ref.resource)
        return await self._remembering.timeline(ref, await self._events_of(ref, resource.kind), self.face)

    async def changes(self, wanted: "ChangesWanted") -> "Remembered":
        """What changed between two moments on the selected clusters."""
        return await self._remembering.changes(self.selected, wanted, self.face)

    @cached_property
    def _fetching(self) -> "Fetching":
        from k8sconsole.runtime.services.get import Fetching

        return Fetching(self.pipeline, self.catalogue, self._store, self.clock.now)

    @cached_property
    def _remembering(self) -> "Remembering":
        from k8sconsole.runtime.services.history import Remembering

        return Remembering(self.pipeline, self.catalogue)
