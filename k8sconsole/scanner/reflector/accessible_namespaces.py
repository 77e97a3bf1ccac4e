"""Which part of a kind may be read: the whole cluster when that is permitted, else each namespace that is.

A refusal is remembered for a while, then the scope is tried again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from k8sconsole.errors import ConsoleError, Forbidden
from k8sconsole.model.refs import ApiResource, ResourceName
from k8sconsole.scanner.context import ScanContext
from k8sconsole.store.port import RowQuery

NAMESPACES = ResourceName("namespaces")

Scope = str | None
"""A namespace, or None for the whole cluster."""

ListScope = Callable[[Scope], Awaitable[str]]
"""Lists one scope and returns the list's resourceVersion. Raises Forbidden."""


class AccessibleNamespaces:
    """Of one kind. watched: the scopes that are being watched already; only the others are listed."""

    def __init__(self, context: ScanContext, resource: ApiResource) -> None:
        self.resource = resource
        self.watched: frozenset[Scope] = frozenset()
        self._context = context
        self._selected = context.plan.namespaces if resource.namespaced else ()
        self._refusals: dict[Scope, tuple[float, Forbidden]] = {}
        self._namespaces_changed = asyncio.Event()

    @property
    def full_scope(self) -> frozenset[Scope]:
        """What is read when everything is permitted."""
        return frozenset(self._selected) or frozenset([None])

    async def list_scopes(self, list_scope: ListScope) -> tuple[dict[Scope, str], list[str]]:
        """Lists every scope that may be read.

        Returns the resourceVersion of each scope that was listed, and sentences about what is missing. Raises Forbidden when nothing
        may be read.
        """
        versions = await self._list_each(await self._candidates() if self._selected else [None], list_scope)
        if not versions and self.resource.namespaced and not self._selected:
            versions = await self._list_each(await self._candidates(), list_scope)
        if not versions and not self.watched:
            raise self._newest_refusal()
        return versions, self.describe_missing(self.watched | versions.keys())

    def mark_forbidden(self, scope: Scope, error: Forbidden) -> None:
        self._refusals[scope] = (self._context.clock.monotonic(), error)
        self.watched -= {scope}

    def describe_missing(self, covered: Iterable[Scope]) -> list[str]:
        """Returns sentences about what these scopes do not cover."""
        names = sorted(scope for scope in covered if scope is not None)
        refused = dict(sorted((scope or "", error) for scope, (_, error) in self._refusals.items()))
        cluster_wide = [f"{self.resource.name} outside {', '.join(names)}: {_reason(refused.pop(''))}"] if "" in refused else []
        return cluster_wide + [f"{self.resource.name} in {namespace}: {_reason(error)}" for namespace, error in refused.items()]

    def namespaces_changed(self) -> None:
        self._namespaces_changed.set()

    async def wait_for_new_scope(self) -> None:
        """Returns when a scope can be tried: a new namespace, or one whose refusal is old."""
        while None in self.watched or not await self._has_untried_scope():
            self._namespaces_changed.clear()
            try:
                async with asyncio.timeout(self._context.plan.forbidden_retry_interval(self.resource)):
                    await self._namespaces_changed.wait()
            except TimeoutError:
                continue

    async def _has_untried_scope(self) -> bool:
        candidates: list[Scope] = [*await self._candidates()]
        if not self._selected:
            candidates.append(None)
        return any(scope not in self.watched and self._recent_refusal(scope) is None for scope in candidates)

    async def _list_each(self, scopes: Iterable[Scope], list_scope: ListScope) -> dict[Scope, str]:
        versions: dict[Scope, str] = {}
        for scope in scopes:
            if scope in self.watched or self._recent_refusal(scope) is not None:
                continue
            try:
                versions[scope] = await list_scope(scope)
            except Forbidden as error:
                self.mark_forbidden(scope, error)
            else:
                self._refusals.pop(scope, None)
        if None in versions:
            self._refusals.clear()
        return versions

    def _recent_refusal(self, scope: Scope) -> Forbidden | None:
        """The refusal that is too recent for another try."""
        at, error = self._refusals.get(scope, (float("-inf"), None))
        is_recent = self._context.clock.monotonic() - at < self._context.plan.forbidden_retry_interval(self.resource)
        return error if is_recent else None

    def _newest_refusal(self) -> Forbidden:
        refusals = sorted(self._refusals.values(), key=lambda refusal: refusal[0])
        return (
            refusals[-1][1]
            if refusals
            else Forbidden(f"cannot list {self.resource.name}", "no namespace is known that may be read", "name one with -n NAMESPACE")
        )

    async def _candidates(self) -> list[str]:
        """The selected namespaces; without a selection, all known namespaces and the context's own."""
        if self._selected or not self.resource.namespaced:
            return list(self._selected)
        found = await self._context.store.objects.rows(RowQuery(NAMESPACES, clusters=(self._context.cluster,)))
        return list(dict.fromkeys([*(row.name for row in found.rows), *([self._context.home] if self._context.home else [])]))


def _reason(error: ConsoleError) -> str:
    return error.detail or error.title
