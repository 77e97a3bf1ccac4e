"""The reply of a list tool: a page that fits, or for a long list the counts and the unhealthy rows; and the paths of ``fields``."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.errors import InvalidParams, argument_details
from k8sconsole.kit.jsonpath import PathError, compile_path, find_values
from k8sconsole.kit.text import nearest_or_first, strip_control
from k8sconsole.kit.times import format_exact_time
from k8sconsole.model.cache_records import Rows
from k8sconsole.model.filters import nearest_path, starts_at_root
from k8sconsole.model.objects import Row
from k8sconsole.model.tables import CellKind, Column, KindTable, format_cell
from k8sconsole.model.tools import Page
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.history.queries import parse_as_of
from k8sconsole.tools.output.token_budget import DEFAULT_TOKENS, MaxTokens, take_fitting
from k8sconsole.tools.parameters import AsOf, Cursor, Live, Namespaces, RowFilter
from k8sconsole.tools.reading.rows import LIVE_CURSOR, RowSource, RowsRequest, open_rows
from k8sconsole.tools.results import Reply

SUMMARY_ABOVE = 100
FROM_THE_START = "start"
PAGE = 100
MOST_ROWS = 10_000
PATH_FORM = "a path such as spec.replicas or spec.containers[*].image"
WHOLE = "*"
"""The value of ``fields`` that returns whole objects."""

_TYPED_CELLS = (CellKind.NUMBER, CellKind.FLAG, CellKind.SWITCH)


class ListInput(Common, kw_only=True):
    """The parameters of every list."""

    filter: RowFilter = ""
    fields: Annotated[list[str], Meta(description="Columns or paths: spec.nodeName; [*] whole objects")] = []
    limit: Annotated[int, Meta(ge=0, le=MOST_ROWS, description="0: as many as fit")] = 0
    cursor: Cursor = ""
    max_tokens: MaxTokens = DEFAULT_TOKENS
    live: Live = False
    as_of: AsOf = ""


class NamespacedListInput(ListInput, kw_only=True):
    namespace: Namespaces = "*"


class ListResult(msgspec.Struct):
    """counts: by status, of all matching rows. summary: whether items has only the unhealthy rows; cursor=start returns the whole list."""

    items: list[dict[str, Any]]
    counts: dict[str, int] = {}
    summary: bool = False


async def list_reply(args: ListInput, kind: str, context: ToolContext) -> Reply:
    """Raises the errors of ``open_rows``, and InvalidParams for an unknown field."""
    cluster = context.resolve_context(args.context)
    resource = await context.find_resource(cluster, kind)
    namespaces = select_namespaces(getattr(args, "namespace", "*")) if resource.namespaced else ()
    as_of, place = parse_as_of(args.as_of, args.live, args.cursor, context.now)
    start = "" if place == FROM_THE_START else place
    live = args.live or start.startswith(LIVE_CURSOR)
    opened = await open_rows(context, RowsRequest(cluster, resource, namespaces, filter=args.filter, live=live, as_of=as_of))
    first = await opened.page(args.limit or PAGE, start)
    if first.total > SUMMARY_ABOVE and not (args.limit or args.cursor or args.fields):
        return await _summary_reply(args, opened, opened.now)
    return await _page_reply(msgspec.structs.replace(args, cursor=start), opened, first)


async def _summary_reply(args: ListInput, opened: RowSource, now: float) -> Reply:
    """Counts of all rows, and the unhealthy rows that fit into half the budget, so that a summary stays short."""
    totals, warnings = await opened.summarise()
    unhealthy, counts = totals.unhealthy_rows(), totals.most_common()
    shown = take_fitting((row_item(opened.table, row, now) for row in unhealthy), args.max_tokens // 2, counts)
    head = _headline(opened, totals.total, counts)
    start = opened.cursor(FROM_THE_START)
    rest = f"whole list: cursor={start} · {len(unhealthy)} unhealthy" + (f", {len(shown)} shown" if len(shown) < len(unhealthy) else "")
    text = "\n".join((head, rest, _format_table(opened.table, unhealthy[: len(shown)], now))).rstrip()
    return Reply(
        msgspec.to_builtins(ListResult(shown, counts, True)),
        text,
        opened.freshness,
        Page(start, totals.total),
        (*opened.warnings, *warnings),
    )


async def _page_reply(args: ListInput, opened: RowSource, rows: Rows) -> Reply:
    counts = _count_statuses(opened.table, rows.rows) if not args.cursor and not rows.next else {}
    items, table_text, notes = await _page_items(args, opened, rows, counts)
    following = rows.next
    if len(items) < len(rows.rows):
        following = (await opened.page(len(items), args.cursor)).next
    following = opened.cursor(following)
    more = f"\n… {len(items)} of {rows.total} shown; the rest: cursor={following}" if following else ""
    text = _headline(opened, rows.total, counts) + ("\n" + table_text if table_text else "") + more
    return Reply(
        msgspec.to_builtins(ListResult(items, counts)),
        text,
        opened.freshness,
        Page(following or None, rows.total),
        (*opened.warnings, *rows.warnings, *notes),
    )


async def _page_items(
    args: ListInput, opened: RowSource, rows: Rows, counts: dict[str, int]
) -> tuple[list[dict[str, Any]], str, tuple[str, ...]]:
    """The rows as JSON objects and as text, and warnings. Paths in ``fields`` come from the objects. counts: part of the same reply."""
    now = opened.now
    if not args.fields:
        items = take_fitting((row_item(opened.table, row, now) for row in rows.rows), args.max_tokens, counts)
        return items, _format_table(opened.table, rows.rows[: len(items)], now), ()
    if args.fields == [WHOLE]:
        whole = [msgspec.json.decode(body) for _, body in await opened.bodies(len(rows.rows), args.cursor)]
        kept = take_fitting(whole, args.max_tokens, counts)
        return kept, "\n".join(strip_control(f"{row.namespace}/{row.name}".lstrip("/")) for row in rows.rows[: len(kept)]), ()
    paths = [field for field in args.fields if not _is_column(opened.table, field)]
    check_paths(paths)
    bodies = await opened.bodies(len(rows.rows), args.cursor) if paths else [(row, b"{}") for row in rows.rows]
    objects = [msgspec.json.decode(body) for _, body in bodies]
    columns = [_field_key(name) for name in opened.table.unique_names]
    notes = check_fields(paths, objects, columns, opened.request.resource.plural)
    projected = [_select_columns(args.fields, opened.table, row, body, now) for (row, _), body in zip(bodies, objects, strict=True)]
    items = take_fitting(projected, args.max_tokens, counts)
    return items, "\n".join(" ".join(f"{key}={strip_control(str(value))}" for key, value in item.items()) for item in items), notes


def _select_columns(fields: Sequence[str], table: KindTable, row: Row, body: dict[str, Any], now: float) -> dict[str, Any]:
    whole = row_item(table, row, now, wide=True)
    own = {"name": row.name, "namespace": row.namespace, "labels": row.labels, "owner": row.owner, "uid": row.uid}
    found: dict[str, Any] = {"namespace": row.namespace, "name": row.name} if row.namespace else {"name": row.name}
    for field in fields:
        key = _field_key(field)
        if key in whole or key in own:
            found[field] = whole.get(key, own.get(key))
        else:
            found[field] = value_at(field, body)
    return found


def _is_column(table: KindTable, field: str) -> bool:
    return table.index(field) is not None or _field_key(field) in ("name", "namespace", "labels", "owner", "uid", "age")


def check_fields(paths: Sequence[str], objects: Sequence[dict[str, Any]], columns: Sequence[str], where: str) -> tuple[str, ...]:
    """Warnings about paths where none of the objects has a value. columns: those of the kind's table. where: the kind's plural.

    Raises InvalidParams for a word that is neither a column nor a field, and for a path with a misspelt field.
    """
    absent = [path for path in paths if objects and not any(find_values(path, body) or _label_of(body, path) for body in objects)]
    for path in absent:
        top = path.lstrip(".").partition(".")[0].partition("[")[0]
        nearest = nearest_path(path, objects)
        if nearest or not (starts_at_root(path) or any(top in body for body in objects)):
            _refuse_field(path, [nearest] if nearest else nearest_or_first(path.lower(), columns), columns)
    return tuple(f"none of these {where} has a value for {path}" for path in absent)


def _refuse_field(path: str, close: Sequence[str], columns: Sequence[str]) -> None:
    why = f"it is neither a column ({', '.join(columns)}) nor a path" if columns else "the object has no such field"
    remedy = f"fields={close[0]}" if close else "fields=spec, metadata or status"
    raise InvalidParams(f"no field {path!r}", why, remedy, argument_details("fields", path, close, PATH_FORM))


def _label_of(body: dict[str, Any], key: str) -> str | None:
    labels = (body.get("metadata") or {}).get("labels")
    return labels.get(key) if isinstance(labels, dict) else None


def row_item(table: KindTable, row: Row, now: float, *, wide: bool = False) -> dict[str, Any]:
    """A row as a JSON object: numbers and flags stay values, other cells become the table's text, empty cells are left out."""
    found: dict[str, Any] = {"namespace": row.namespace} if row.namespace else {}
    for name, column, cell in zip(table.unique_names, table.columns, row.cells, strict=False):
        if cell is None or cell == "" or (column.wide and not (wide or column.notable or column.in_replies)):
            continue
        found[_field_key(name)] = cell if column.kind in _TYPED_CELLS else format_cell(column, cell, now)
    return found


def _field_key(name: str) -> str:
    return name.lower().replace(" ", "_").replace("-", "_")


def _count_statuses(table: KindTable, rows: Sequence[Row]) -> dict[str, int]:
    """Counts by the text of the status column, the most frequent first, at most 20."""
    column = table.index("STATUS")
    if column is None:
        return {}
    found = Counter(str(row.cells[column]) for row in rows if column < len(row.cells) and row.cells[column])
    return dict(found.most_common(20))


def _headline(opened: RowSource, total: int, counts: dict[str, int]) -> str:
    where = f" in {', '.join(opened.request.namespaces)}" if opened.request.namespaces else ""
    counted = f": {', '.join(f'{count} {word}' for word, count in counts.items())}" if counts else ""
    as_of = f" as of {format_exact_time(opened.request.as_of)}" if opened.request.as_of is not None else ""
    return f"{total} {opened.request.resource.plural}{where} · {opened.request.context}{as_of}{counted}"


def _format_table(table: KindTable, rows: Sequence[Row], now: float) -> str:
    """A text table with two spaces between columns. The namespace column appears only if the namespaces differ."""
    if not rows:
        return ""
    columns = table.narrow_columns((row.cells for row in rows), replies=True)
    lines = [[column.name for _, column in columns]] + [
        [_format_cell(column, row, place, now) for place, column in columns] for row in rows
    ]
    if len({row.namespace for row in rows}) > 1:
        lines = [[extra, *line] for extra, line in zip(("NAMESPACE", *(row.namespace for row in rows)), lines, strict=True)]
    widths = [min(60, max(len(line[place]) for line in lines)) for place in range(len(lines[0]))]
    return "\n".join("  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip() for line in lines)


def _format_cell(column: Column, row: Row, place: int, now: float) -> str:
    return strip_control(format_cell(column, row.cells[place], now)).replace("\n", " ") if place < len(row.cells) else ""


def select_namespaces(given: str | list[str]) -> tuple[str, ...]:
    """The namespaces of a list parameter; () for all."""
    several = given if isinstance(given, list) else [given]
    return () if "*" in several or "" in several else tuple(several)


def check_paths(paths: Iterable[str]) -> None:
    """Raises InvalidParams for a path that cannot be parsed."""
    for path in paths:
        try:
            compile_path(path)
        except PathError as cause:
            details = argument_details("fields", path[:100], expected=PATH_FORM)
            raise InvalidParams(f"no path {path[:100]!r}", str(cause), "fields=spec.nodeName", details) from cause


def value_at(path: str, body: dict[str, Any]) -> Any:
    """The value at the path, or a list if the path finds none or several."""
    values = find_values(path, body)
    return values[0] if len(values) == 1 else values or _label_of(body, path) or []


def select_fields(paths: Sequence[str], body: dict[str, Any], kind: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The value of each path, without paths the object itself; and warnings about paths without a value. Raises InvalidParams."""
    check_paths(paths)
    warnings = check_fields(paths, (body,), (), kind)
    return ({path: value_at(path, body) for path in paths} if paths else body), warnings
