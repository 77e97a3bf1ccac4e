"""``k8sconsole get``: read objects, from the cache with their age, or live."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from k8sconsole.cli.completion import kinds, names
from k8sconsole.cli.options import AllContexts, Contexts, Db, Namespaces
from k8sconsole.cli.output import print_json, print_table, print_yaml, say
from k8sconsole.cli.session import settings_for, with_console
from k8sconsole.kit.masks import count_masks
from k8sconsole.kit.text import format_age
from k8sconsole.kit.times import format_local_time
from k8sconsole.model.kind_words import split_object
from k8sconsole.model.objects import Row

if TYPE_CHECKING:
    from k8sconsole.runtime.api import ConsoleApi
    from k8sconsole.runtime.services.get import GetResult

app = typer.Typer(add_completion=False, rich_markup_mode=None)


class GetOutput(StrEnum):
    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"


@app.command(
    epilog="Examples: k8sconsole get pods -A --filter 'status!=Running restarts>3' · k8sconsole get deploy web -n shop -o yaml --as-of -30m"
)
def get(
    kind: Annotated[str, typer.Argument(help="A kind, as kubectl knows it: pods, deploy, certificates.example.org.", autocompletion=kinds)],
    name: Annotated[str, typer.Argument(help="One object.", autocompletion=names)] = "",
    context: Contexts = None,
    all_contexts: AllContexts = False,
    namespace: Namespaces = None,
    everywhere: Annotated[bool, typer.Option("-A", "--all-namespaces", help="All namespaces.")] = False,
    expression: Annotated[str, typer.Option("--filter", help="A typed filter, such as 'status!=Running age<2h'.", metavar="EXPR")] = "",
    live: Annotated[bool, typer.Option("--live", help="Read the cluster, not the cache.")] = False,
    as_of: Annotated[str, typer.Option("--as-of", help="State at a time: 14:00, -30m, yesterday 14:00, RFC 3339.", metavar="T")] = "",
    form: Annotated[GetOutput, typer.Option("-o", "--output", help="The output format.")] = GetOutput.TABLE,
    db: Db = None,
) -> None:
    """Read objects of one kind, from the cache where it has them. The last line shows how old the answer is.

    Without -n and -A it reads the context's own namespace, as kubectl does."""

    word, own_name = split_object(kind)
    wanted = name or own_name

    async def work(console: "ConsoleApi") -> "GetResult":
        from k8sconsole.runtime.services.get import GetRequest

        return await console.tools.get(GetRequest(word, wanted, tuple(namespace or ()), expression, live, as_of, everywhere))

    result = with_console(work, loaded=settings_for(db), contexts=context, all_contexts=all_contexts, namespaces=namespace)
    for warning in result.warnings:
        say(f"warning: {warning}")
    if form in (GetOutput.JSON, GetOutput.YAML):
        _print_objects(result, form, single=bool(wanted))
    else:
        _print_rows(result, wide=form is GetOutput.WIDE)


def _print_objects(result: "GetResult", form: GetOutput, *, single: bool) -> None:
    """The object, or kubectl's List of them. JSON carries the freshness; in YAML, which is there to be applied, it is a remark."""
    items = result.objects
    if result.as_of is not None and form is GetOutput.YAML:
        items = [_without_version(item) for item in items]
    listed = {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": items}
    value: dict[str, Any] = items[0] if single and len(items) == 1 else listed
    if form is GetOutput.JSON:
        print_json({**value, "freshness": result.freshness.to_json(result.now)})
        return
    print_yaml(value)
    masked = count_masks(value)
    if masked:
        say(f"warning: {masked} {'value is' if masked == 1 else 'values are'} masked; applied, the mask would replace the real value")
    _say_missing(result)
    say(_format_age_line(result))


def _without_version(item: dict[str, Any]) -> dict[str, Any]:
    """A past object without resourceVersion and uid: with them the API server would take it for an edit that comes too late."""
    return {**item, "metadata": {key: value for key, value in item["metadata"].items() if key not in ("resourceVersion", "uid")}}


def _say_missing(result: "GetResult") -> None:
    for reason in result.freshness.missing:
        say(f"missing: {reason}")


def _print_rows(result: "GetResult", *, wide: bool) -> None:
    from k8sconsole.model.tables import format_cell

    _say_missing(result)
    if not result.rows:
        say(result.empty)
        return
    every = list(enumerate(result.table.columns))
    columns = every if wide else result.table.narrow_columns(row.cells for row in result.rows)
    leading = _leading_columns(result)
    header = [*(title for title, _ in leading), *(column.name for _, column in columns)]
    right = frozenset(index + len(leading) for index, (_, column) in enumerate(columns) if column.right)
    rows = [
        [
            *(read(row) for _, read in leading),
            *(format_cell(column, row.cells[index], result.server_now(row.cluster)) for index, column in columns),
        ]
        for row in result.rows
    ]
    print_table(header, rows, right)
    say(_format_age_line(result))


def _leading_columns(result: "GetResult") -> Sequence[tuple[str, Callable[[Row], str]]]:
    """CLUSTER and NAMESPACE, each only where the rows come from several."""
    leading: list[tuple[str, Callable[[Row], str]]] = []
    if len(result.clusters) > 1:
        leading.append(("CLUSTER", lambda row: row.cluster))
    if result.resource.namespaced and result.several_namespaces:
        leading.append(("NAMESPACE", lambda row: row.namespace))
    return leading


def _format_age_line(result: "GetResult") -> str:
    incomplete = "" if result.freshness.complete else ", incomplete"
    count = f"{len(result.rows)} of {result.total}"
    if result.as_of is not None:
        return f"{count} · history, as of {format_local_time(result.as_of)}{incomplete}"
    age = result.freshness.age(result.now)
    seen = "never confirmed" if age is None else f"{format_age(age)} ago" if age >= 1 else "now"
    every = result.freshness.polling(result.now)
    polled = f", polled every {every:.0f} s" if every else ""
    return f"{count} · {result.freshness.source.value}, seen {seen}{polled}{incomplete}"
