"""Rows of one kind, from the cache where it has them, else from the cluster, or as they were; one way of paging over all of them."""

import msgspec

from k8sconsole.cluster.port import Cluster, Selectors
from k8sconsole.errors import FilterError, Unavailable
from k8sconsole.model.cache_records import RowQuery, Rows
from k8sconsole.model.filters import Filter, RowSubject, build_predicate, parse_filter
from k8sconsole.model.freshness import Freshness
from k8sconsole.model.masking import mask_body
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace
from k8sconsole.model.tables import KindTable
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.history.queries import cursor_as_of, cursor_errors, freshness_as_of, invalid_cursor, parse_offset
from k8sconsole.tools.summaries import ListSummary, summarise_rows

LIVE_CURSOR = "live:"
"""Begins the cursors of lists read live: a list goes on where it began, even when the cache has caught up meanwhile."""


class RowsRequest(msgspec.Struct, frozen=True):
    """No namespaces means all that may be read. as_of: the rows as they were then, seconds since the epoch."""

    context: ClusterName
    resource: ApiResource
    namespaces: tuple[str, ...] = ()
    name: str = ""
    filter: str = ""
    live: bool = False
    as_of: float | None = None


class RowSource:
    """Where the rows of one answer come from: ``page`` may be asked again and again and stays with that source."""

    def __init__(
        self, context: ToolContext, wanted: RowsRequest, table: KindTable, freshness: Freshness, warnings: tuple[str, ...]
    ) -> None:
        self.context = context
        self.wanted = wanted
        self.table = table
        self.freshness = freshness
        self.warnings = warnings
        self._live: list[tuple[Row, bytes]] | None = None

    @property
    def now(self) -> float:
        """The moment that ages are told from."""
        return self.context.now if self.wanted.as_of is None else self.wanted.as_of

    def cursor(self, place: str) -> str:
        """A place in these rows, as a caller may give it back later."""
        return place if self.wanted.as_of is None or not place else cursor_as_of(self.wanted.as_of, place)

    def hold(self, found: list[tuple[Row, bytes]]) -> "RowSource":
        """These rows, read live, are the source."""
        self._live = found
        return self

    async def page(self, limit: int | None = None, cursor: str = "") -> Rows:
        if self._live is not None:
            start = _parse_live_cursor(cursor)
            end = len(self._live) if limit is None else min(start + limit, len(self._live))
            rows = [row for row, _ in self._live[start:end]]
            return Rows(rows, len(self._live), 0, f"{LIVE_CURSOR}{end}" if end < len(self._live) else "")
        assert self.context.store is not None
        with cursor_errors(cursor):
            return await self.context.store.objects.rows(self._query(limit, cursor))

    async def overview(self) -> tuple[ListSummary, tuple[str, ...]]:
        """Of all the rows, and the warnings of having read them."""
        store, wanted = self.context.store, self.wanted
        if self._live is None and store is not None and not wanted.filter and wanted.as_of is None:
            return await self.context.environment.summaries.fetch(store, self.table, self._query(None, "")), ()
        everything = await self.page()
        return summarise_rows(self.table, everything.rows), everything.warnings

    async def bodies(self, limit: int | None = None, cursor: str = "") -> list[tuple[Row, bytes]]:
        """With each object's masked JSON."""
        if self._live is not None:
            start = _parse_live_cursor(cursor)
            return self._live[start:] if limit is None else self._live[start : start + limit]
        assert self.context.store is not None
        with cursor_errors(cursor):
            return await self.context.store.objects.bodies(self._query(limit, cursor))

    def _query(self, limit: int | None, cursor: str) -> RowQuery:
        wanted = self.wanted
        namespaces = tuple(Namespace(one) for one in wanted.namespaces)
        chosen = parse_filter_argument(wanted.filter)
        return RowQuery(
            wanted.resource.name, (wanted.context,), namespaces, wanted.name, chosen, limit=limit, cursor=cursor, as_of=wanted.as_of
        )


async def open_rows(context: ToolContext, wanted: RowsRequest) -> RowSource:
    """The cache, unless live rows are asked for or it never held this kind; history, for a moment of the past. An unreachable cluster is
    answered from the cache, with a warning.

    Raises FilterError, and what the cluster raises where the cache cannot answer either.
    """
    table = context.table(wanted.context, wanted.resource)
    chosen = parse_filter_argument(wanted.filter)
    if wanted.as_of is not None:
        return RowSource(context, wanted, table, await freshness_as_of(context, wanted.context, wanted.resource.name, wanted.as_of), ())
    cached = await context.freshness(wanted.context, wanted.resource.name)
    if cached.observed_at is not None and not wanted.live:
        return RowSource(context, wanted, table, cached, ())
    try:
        found = await read_live(await context.cluster(wanted.context), table, wanted, chosen, context.now)
    except Unavailable as problem:
        if cached.observed_at is None or context.will_retry(problem):
            raise
        warning = f"{wanted.context} does not answer ({problem.title}); this is the cache"
        return RowSource(context, wanted, table, cached, (warning,))
    return RowSource(context, wanted, table, context.live(), ()).hold(found)


async def read_live(cluster: Cluster, table: KindTable, wanted: RowsRequest, chosen: Filter | None, now: float) -> list[tuple[Row, bytes]]:
    """Everything of the kind in the namespaces, masked, filtered, ordered as the cache orders it."""
    found: list[tuple[Row, bytes]] = []
    selectors = Selectors(field=f"metadata.name={wanted.name}") if wanted.name else Selectors()
    for namespace in wanted.namespaces or (None,):
        async for page in cluster.pages(wanted.resource, namespace=namespace, selectors=selectors):
            found += [live_row(wanted, table, item, now) for item in page.items]
    kept = found if chosen is None else _apply_filter(found, table, chosen, now)
    return sorted(kept, key=lambda each: (each[0].namespace, each[0].name))


def _apply_filter(found: list[tuple[Row, bytes]], table: KindTable, chosen: Filter, now: float) -> list[tuple[Row, bytes]]:
    keeps = build_predicate(chosen, now)
    bodies = {id(row): body for row, body in found}
    return [each for each in found if keeps(RowSubject(each[0], table, lambda row: msgspec.json.decode(bodies[id(row)])))]


def live_row(wanted: RowsRequest, table: KindTable, raw: bytes | msgspec.Raw, now: float) -> tuple[Row, bytes]:
    """One object of the server as the cache would have it: the cells are read from the masked object, since they may quote it."""
    body = mask_body(wanted.resource.name, raw)
    seen = table.project(body)
    row = Row(
        wanted.context,
        wanted.resource.name,
        seen.namespace,
        seen.name,
        seen.uid,
        seen.resource_version,
        seen.created_at,
        now,
        seen.labels,
        seen.owner,
        seen.cells,
    )
    return row, body


def _parse_live_cursor(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return parse_offset(cursor.removeprefix(LIVE_CURSOR) if cursor.startswith(LIVE_CURSOR) else "none")
    except ValueError as cause:
        raise invalid_cursor(cursor) from cause


def parse_filter_argument(text: str) -> Filter | None:
    """None for an empty one. Raises FilterError, which knows the column."""
    try:
        return parse_filter(text) if text else None
    except FilterError as problem:
        problem.details.update({"parameter": "filter", "given": text[:200], "expected": problem.remedy, "nearest": []})
        raise
