"""What of a kind may be read: the whole cluster where that is allowed, else each namespace that is."""

from collections.abc import Awaitable, Callable, Sequence

from k8sconsole.errors import ConsoleError, Forbidden
from k8sconsole.model.refs import ApiResource, ResourceName
from k8sconsole.scanner.desk import Desk
from k8sconsole.store.port import RowQuery

_NAMESPACES = ResourceName("namespaces")

Scope = str | None
"""A namespace, or None for the whole cluster."""

Read = Callable[[Scope], Awaitable[str]]
"""Lists one scope and answers with the list's resourceVersion. Raises Forbidden."""


class Permitted:
    """Of one kind."""

    def __init__(self, desk: Desk, resource: ApiResource) -> None:
        self._desk = desk
        self.resource = resource

    async def read(self, scope: Read) -> tuple[dict[Scope, str], list[str]]:
        """The resourceVersion of each scope that could be read, and sentences on what is not covered. Raises Forbidden when not even one
        namespace may be read."""
        chosen = self._desk.plan.namespaces if self.resource.namespaced else ()
        if chosen:
            return await self._each(chosen, scope)
        try:
            return {None: await scope(None)}, []
        except Forbidden as refusal:
            if not self.resource.namespaced:
                raise
            versions, missing = await self._each(await self._known_namespaces(), scope, refusal)
            return versions, [f"{self.resource.name} outside {', '.join(str(name) for name in versions)}: {_reason(refusal)}", *missing]

    async def _each(self, namespaces: Sequence[str], scope: Read, refusal: Forbidden | None = None) -> tuple[dict[Scope, str], list[str]]:
        versions: dict[Scope, str] = {}
        missing: list[str] = []
        for namespace in namespaces:
            try:
                versions[namespace] = await scope(namespace)
            except Forbidden as error:
                refusal = error
                missing.append(f"{self.resource.name} in {namespace}: {_reason(error)}")
        if not versions and refusal is not None:
            raise refusal
        return versions, missing

    async def _known_namespaces(self) -> list[str]:
        found = await self._desk.store.rows(RowQuery(_NAMESPACES, clusters=(self._desk.cluster,)))
        return [row.name for row in found.rows] or ([self._desk.home] if self._desk.home else [])


def _reason(error: ConsoleError) -> str:
    return error.detail or error.title
