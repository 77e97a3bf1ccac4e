"""Rows of one kind from the cache, the cluster or the history, with one way of paging over all three."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import msgspec

from k8sconsole.cluster.port import Cluster, Selectors
from k8sconsole.errors import ConsoleError, FilterError, Forbidden, Unavailable, argument_details
from k8sconsole.model.cache_records import RowQuery, Rows, covers
from k8sconsole.model.filters import (
    MEASURED,
    Filter,
    RowSubject,
    build_predicate,
    check_keys,
    explain_unanswerable,
    parse_filter,
    uses_metrics,
)
from k8sconsole.model.freshness import Freshness
from k8sconsole.model.masking import mask_body
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, add_type_head
from k8sconsole.model.tables import KindTable
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.history.queries import cursor_as_of, cursor_errors, freshness_as_of, invalid_cursor, parse_offset
from k8sconsole.tools.reading.live_table import find_live_table
from k8sconsole.tools.reading.resource_amounts import amounts_by_container, sum_amounts
from k8sconsole.tools.summaries import ListSummary, summarise_rows

Metrics = Callable[[Row, str], float | None]
"""The usage of a row: millicores of ``cpu`` or bytes of ``memory``."""
LIVE_CURSOR = "live:"
"""Prefix of the cursors of live lists, so that the next page is read live too, even if the cache has the kind by then."""


class RowsRequest(msgspec.Struct, frozen=True):
    """namespaces: empty for all that may be read. as_of: seconds since the epoch, None for the present."""

    context: ClusterName
    resource: ApiResource
    namespaces: tuple[str, ...] = ()
    name: str = ""
    filter: str = ""
    live: bool = False
    as_of: float | None = None


class RowSource:
    """The source of the rows of one reply. Every page is read from that source."""

    def __init__(
        self, context: ToolContext, request: RowsRequest, table: KindTable, freshness: Freshness, warnings: tuple[str, ...]
    ) -> None:
        self.context = context
        self.request = request
        self.table = table
        self.freshness = freshness
        self.warnings = warnings
        self._live: list[tuple[Row, bytes]] | None = None

    @property
    def now(self) -> float:
        """The time that ages are relative to, by the server's clock: it wrote the times in the objects."""
        skew = self.context.environment.clock_skew(self.request.context)
        return (self.context.now if self.request.as_of is None else self.request.as_of) + skew

    def cursor(self, place: str) -> str:
        """The cursor that a caller passes to continue at this place."""
        return place if self.request.as_of is None or not place else cursor_as_of(self.request.as_of, place)

    def use_live_rows(self, found: list[tuple[Row, bytes]]) -> "RowSource":
        """Makes these live rows the source."""
        self._live = found
        return self

    async def page(self, limit: int | None = None, cursor: str = "") -> Rows:
        if self._live is not None:
            start = _parse_live_cursor(cursor)
            end = len(self._live) if limit is None else min(start + limit, len(self._live))
            rows = [row for row, _ in self._live[start:end]]
            return Rows(rows, len(self._live), 0, f"{LIVE_CURSOR}{end}" if end < len(self._live) else "")
        assert self.context.store is not None
        with cursor_errors(cursor), filter_errors(self.request.filter):
            return await self.context.store.objects.rows(self._query(limit, cursor))

    async def objects(self) -> Rows:
        """All rows with the masked JSON of their objects, and the warnings of the filter."""
        if self._live is not None:
            rows = await self.page()
            return msgspec.structs.replace(rows, bodies=tuple(body for _, body in self._live))
        assert self.context.store is not None
        with filter_errors(self.request.filter):
            return await self.context.store.objects.rows(msgspec.structs.replace(self._query(None, ""), with_bodies=True))

    async def summarise(self) -> tuple[ListSummary, tuple[str, ...]]:
        """The summary of all rows, and the warnings of reading them."""
        store, request = self.context.store, self.request
        if self._live is None and store is not None and not request.filter and request.as_of is None:
            return await self.context.environment.summaries.fetch(store, self.table, self._query(None, "")), ()
        everything = await self.page()
        return summarise_rows(self.table, everything.rows), everything.warnings

    async def bodies(self, limit: int | None = None, cursor: str = "") -> list[tuple[Row, bytes]]:
        """Rows with the masked JSON of their objects."""
        if self._live is not None:
            start = _parse_live_cursor(cursor)
            return self._live[start:] if limit is None else self._live[start : start + limit]
        assert self.context.store is not None
        with cursor_errors(cursor), filter_errors(self.request.filter):
            return await self.context.store.objects.bodies(self._query(limit, cursor))

    def _query(self, limit: int | None, cursor: str) -> RowQuery:
        request = self.request
        namespaces = tuple(Namespace(one) for one in request.namespaces)
        row_filter = parse_filter_argument(request.filter)
        return RowQuery(
            request.resource.name, (request.context,), namespaces, request.name, row_filter, limit=limit, cursor=cursor, as_of=request.as_of
        )


async def open_rows(context: ToolContext, request: RowsRequest) -> RowSource:
    """Opens the rows: from the history with as_of; from the cluster if live is set or the cache does not cover the kind or the
    namespaces; else from the cache. If the cluster is unreachable, the cache is used with a warning.

    Raises FilterError, Forbidden if none of the namespaces may be read, and the cluster's errors if the cache has no rows either.
    """
    table = context.table(request.context, request.resource)
    row_filter = parse_filter_argument(request.filter)
    if request.as_of is not None:
        return RowSource(context, request, table, await freshness_as_of(context, request.context, request.resource.name, request.as_of), ())
    state = await context.scan_state(request.context, request.resource.name)
    cached = await context.cache_freshness(request.context, request.resource.name, request.namespaces)
    if cached.observed_at is not None and not request.live and covers(state, request.namespaces):
        return RowSource(context, request, table, cached, ())
    try:
        cluster = await context.open_cluster(request.context)
        live_table = await find_live_table(cluster, request.resource, table)
        everything, missing = await read_live(cluster, live_table, request, context.now)
    except Unavailable as problem:
        known = not request.namespaces or any(covers(state, (each,)) for each in request.namespaces)
        if cached.observed_at is None or not known or context.will_retry(problem):
            raise
        warning = f"{request.context} does not answer ({problem.title}); this is the cache"
        return RowSource(context, request, table, cached, (warning,))
    rows = RowSource(context, request, live_table, context.live_freshness(missing), ())
    if row_filter is None:
        return rows.use_live_rows(everything)
    metrics = await _measure(context, request) if uses_metrics(row_filter) else None
    with filter_errors(request.filter):
        found, rows.warnings = LiveFilter(everything, live_table, metrics, rows.now).apply(row_filter)
    return rows.use_live_rows(found)


async def read_live(
    cluster: Cluster, table: KindTable, request: RowsRequest, now: float
) -> tuple[list[tuple[Row, bytes]], tuple[str, ...]]:
    """All objects of the kind in the namespaces: masked, and in the order of the cache. Also what may not be read.

    Raises Forbidden if none of the namespaces may be read.
    """
    found: list[tuple[Row, bytes]] = []
    refusals: dict[str | None, Forbidden] = {}
    selectors = Selectors(field=f"metadata.name={request.name}") if request.name else Selectors()
    scopes = request.namespaces or (None,)
    for namespace in scopes:
        try:
            async for page in cluster.pages(request.resource, namespace=namespace, selectors=selectors):
                found += [live_row(request, table, item, now) for item in page.items]
        except Forbidden as refusal:
            refusals[namespace] = refusal
    if len(refusals) == len(scopes):
        raise next(iter(refusals.values()))
    missing = tuple(f"{request.resource.name} in {namespace}: {refusal.detail}" for namespace, refusal in refusals.items())
    return sorted(found, key=lambda each: (each[0].namespace, each[0].name)), missing


async def _measure(context: ToolContext, request: RowsRequest) -> Metrics | None:
    """The usage of pods or nodes by the Metrics API, read from the cluster now; None where it cannot be read."""
    if request.resource.name not in MEASURED:
        return None
    try:
        resource = await context.find_resource(request.context, f"{request.resource.name}.metrics.k8s.io")
        measured = RowsRequest(request.context, resource, request.namespaces)
        found, _ = await read_live(
            await context.open_cluster(request.context), context.table(request.context, resource), measured, context.now
        )
    except ConsoleError:
        return None  # a warning says that usage is unknown
    used = {(row.namespace, row.name): sum_amounts(amounts_by_container(msgspec.json.decode(body)).values()) for row, body in found}

    def usage(row: Row, amount: str) -> float | None:
        amounts = used.get((row.namespace, row.name))
        return None if amounts is None else float(amounts.cpu if amount == "cpu" else amounts.memory)

    return usage


class LiveFilter:
    """Applies a filter to rows that were read from the cluster. It is also the Evidence for the check of the filter's keys.

    metrics: the usage of a row, None without metrics. now: seconds since the epoch.
    """

    def __init__(self, found: Sequence[tuple[Row, bytes]], table: KindTable, metrics: Metrics | None, now: float) -> None:
        self._found = found
        self._table = table
        self._metrics = metrics
        self._now = now

    def apply(self, row_filter: Filter) -> tuple[list[tuple[Row, bytes]], tuple[str, ...]]:
        """The rows that match, and why terms match nothing. Raises FilterError for a key that no row has."""
        seen: set[str] = set()
        matching = self._matching(row_filter, seen)
        unanswerable = explain_unanswerable(row_filter, self._table.resource, metrics=self._metrics is not None)
        if unanswerable:
            return matching, unanswerable
        report = check_keys(row_filter, (self._table,), seen, len(matching), self)
        return (matching if report.filter is None else self._matching(report.filter, seen)), report.warnings

    def label_sets(self) -> Iterable[Mapping[str, str]]:
        return (row.labels for row, _ in self._found)

    label_sets_of_kind = label_sets

    def subjects(self, most: int | None = None) -> Iterable[RowSubject]:
        return (self._subject(row, body) for row, body in self._found[:most])

    def _matching(self, row_filter: Filter, seen: set[str]) -> list[tuple[Row, bytes]]:
        matches = build_predicate(row_filter, self._now, seen)
        return [each for each in self._found if matches(self._subject(*each))]

    def _subject(self, row: Row, body: bytes) -> RowSubject:
        return RowSubject(row, self._table, lambda _: msgspec.json.decode(body), metrics=self._metrics)


def live_row(request: RowsRequest, table: KindTable, raw: bytes | msgspec.Raw, now: float) -> tuple[Row, bytes]:
    """A server object as the cache would store it. The cells come from the masked object, since they may quote its values."""
    body = add_type_head(mask_body(request.resource.name, raw), request.resource.type_head)
    projected = table.project(body)
    row = Row(
        request.context,
        request.resource.name,
        projected.namespace,
        projected.name,
        projected.uid,
        projected.resource_version,
        projected.created_at,
        now,
        projected.labels,
        projected.owner,
        projected.cells,
    )
    return row, body


def _parse_live_cursor(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return parse_offset(cursor.removeprefix(LIVE_CURSOR) if cursor.startswith(LIVE_CURSOR) else "invalid")
    except ValueError as cause:
        raise invalid_cursor(cursor) from cause


def parse_filter_argument(text: str) -> Filter | None:
    """None for an empty filter. Raises FilterError with the column."""
    with filter_errors(text):
        return parse_filter(text) if text else None


@contextmanager
def filter_errors(text: str) -> Iterator[None]:
    """A context manager: a FilterError in it gets the details of the parameter ``filter``."""
    try:
        yield
    except FilterError as problem:
        close = problem.details.get("nearest") or ()
        problem.details.update(argument_details("filter", text[:200], close, problem.remedy))
        raise
