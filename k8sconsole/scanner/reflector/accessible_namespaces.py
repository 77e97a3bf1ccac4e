"""What of a kind may be read: the whole cluster where that is allowed, else each namespace that is. A refusal is remembered for a while,
and asked about again."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from k8sconsole.errors import ConsoleError, Forbidden
from k8sconsole.model.refs import ApiResource, ResourceName
from k8sconsole.scanner.context import Desk
from k8sconsole.store.port import RowQuery

NAMESPACES = ResourceName("namespaces")

Scope = str | None
"""A namespace, or None for the whole cluster."""

Read = Callable[[Scope], Awaitable[str]]
"""Lists one scope and answers with the list's resourceVersion. Raises Forbidden."""


class Permitted:
    """Of one kind. held: the scopes that are being read already; what is asked for is the rest."""

    def __init__(self, desk: Desk, resource: ApiResource) -> None:
        self.resource = resource
        self.held: frozenset[Scope] = frozenset()
        self._desk = desk
        self._chosen = desk.plan.namespaces if resource.namespaced else ()
        self._refusals: dict[Scope, tuple[float, Forbidden]] = {}
        self._moved = asyncio.Event()

    @property
    def wanted(self) -> frozenset[Scope]:
        """What is read when all is permitted."""
        return frozenset(self._chosen) or frozenset([None])

    async def read(self, scope: Read) -> tuple[dict[Scope, str], list[str]]:
        """The resourceVersion of each scope that could be read, and sentences on what is not covered. Raises Forbidden when nothing at all
        may be read."""
        versions = await self._each(await self._candidates() if self._chosen else [None], scope)
        if not versions and self.resource.namespaced and not self._chosen:
            versions = await self._each(await self._candidates(), scope)
        if not versions and not self.held:
            raise self._newest_refusal()
        return versions, self.missing(self.held | versions.keys())

    def refuse(self, scope: Scope, error: Forbidden) -> None:
        self._refusals[scope] = (self._desk.clock.monotonic(), error)
        self.held -= {scope}

    def missing(self, held: Iterable[Scope]) -> list[str]:
        """Sentences on what these scopes do not cover."""
        names = sorted(scope for scope in held if scope is not None)
        refused = dict(sorted((scope or "", error) for scope, (_, error) in self._refusals.items()))
        whole = [f"{self.resource.name} outside {', '.join(names)}: {_reason(refused.pop(''))}"] if "" in refused else []
        return whole + [f"{self.resource.name} in {namespace}: {_reason(error)}" for namespace, error in refused.items()]

    def namespaces_moved(self) -> None:
        self._moved.set()

    async def more(self) -> None:
        """Returns when there is a scope to ask for: a namespace that is new, or one whose refusal is old."""
        while None in self.held or not await self._due():
            self._moved.clear()
            try:
                async with asyncio.timeout(self._desk.plan.retry_forbidden(self.resource)):
                    await self._moved.wait()
            except TimeoutError:
                continue

    async def _due(self) -> bool:
        candidates: list[Scope] = [*await self._candidates()]
        if not self._chosen:
            candidates.append(None)
        return any(scope not in self.held and self._remembered(scope) is None for scope in candidates)

    async def _each(self, scopes: Iterable[Scope], read: Read) -> dict[Scope, str]:
        versions: dict[Scope, str] = {}
        for scope in scopes:
            if scope in self.held or self._remembered(scope) is not None:
                continue
            try:
                versions[scope] = await read(scope)
            except Forbidden as error:
                self.refuse(scope, error)
            else:
                self._refusals.pop(scope, None)
        if None in versions:
            self._refusals.clear()
        return versions

    def _remembered(self, scope: Scope) -> Forbidden | None:
        """The refusal that is too young to be asked about again."""
        at, error = self._refusals.get(scope, (float("-inf"), None))
        return error if self._desk.clock.monotonic() - at < self._desk.plan.retry_forbidden(self.resource) else None

    def _newest_refusal(self) -> Forbidden:
        refusals = sorted(self._refusals.values(), key=lambda refusal: refusal[0])
        return refusals[-1][1] if refusals else Forbidden(f"Cannot list {self.resource.name}", "no namespace is known that might be read")

    async def _candidates(self) -> list[str]:
        """The chosen namespaces, else all that are known, and the context's own."""
        if self._chosen or not self.resource.namespaced:
            return list(self._chosen)
        found = await self._desk.store.rows(RowQuery(NAMESPACES, clusters=(self._desk.cluster,)))
        return list(dict.fromkeys([*(row.name for row in found.rows), *([self._desk.home] if self._desk.home else [])]))


def _reason(error: ConsoleError) -> str:
    return error.detail or error.title
