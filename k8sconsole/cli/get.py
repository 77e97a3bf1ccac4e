"""``k8sconsole get``: read objects, from the cache with their age, or live."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import typer

from k8sconsole.cli.completing import kinds, names
from k8sconsole.cli.opening import settings_with, with_console
from k8sconsole.cli.options import AllContexts, Contexts, Db, Namespaces
from k8sconsole.cli.output import print_json, print_table, say
from k8sconsole.kit.text import format_age
from k8sconsole.kit.times import format_local_time

app = typer.Typer(add_completion=False, rich_markup_mode=None)


class Form(StrEnum):
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
    live: Annotated[bool, typer.Option("--live", help="Ask the cluster, not the cache.")] = False,
    as_of: Annotated[str, typer.Option("--as-of", help="As it was then: 14:00, -30m, yesterday 14:00, RFC 3339.", metavar="T")] = "",
    form: Annotated[Form, typer.Option("-o", "--output", help="How to print.")] = Form.TABLE,
    db: Db = None,
) -> None:
    """Read objects of one kind. The cache answers where it can; the age of the answer is told."""

    async def work(console: Any) -> Any:
        from k8sconsole.runtime.services.get import Asked

        return await console.get(Asked(kind, name, () if everywhere else tuple(namespace or ()), expression, live, as_of))

    loaded = settings_with({"cache.db_path": str(db) if db else None})
    found = with_console(work, loaded=loaded, contexts=context, all_contexts=all_contexts, namespaces=namespace)
    for warning in found.warnings:
        say(f"warning: {warning}")
    if form in (Form.JSON, Form.YAML):
        _print_objects(found, form, single=bool(name))
    else:
        _print_rows(found, wide=form is Form.WIDE)


def _print_objects(found: Any, form: Form, *, single: bool) -> None:
    items = found.objects
    freshness = found.freshness.to_json(found.now)
    if single and len(items) == 1:
        value: Any = {**items[0], "freshness": freshness}
    else:
        value = {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": items, "freshness": freshness}
    if form is Form.JSON:
        print_json(value)
        return
    import yaml

    sys.stdout.write(yaml.safe_dump(msgspec.to_builtins(value), sort_keys=False, allow_unicode=True))


def _print_rows(found: Any, *, wide: bool) -> None:
    from k8sconsole.model.tables import format_cell

    for reason in found.freshness.missing:
        say(f"missing: {reason}")
    if not found.rows:
        say(found.empty)
        return
    columns = [(index, column) for index, column in enumerate(found.table.columns) if wide or not column.wide]
    leads = _leading(found)
    header = [*(title for title, _ in leads), *(column.name for _, column in columns)]
    right = frozenset(index + len(leads) for index, (_, column) in enumerate(columns) if column.right)
    rows = [
        [*(read(row) for _, read in leads), *(format_cell(column, row.cells[index], found.now) for index, column in columns)]
        for row in found.rows
    ]
    print_table(header, rows, right)
    say(_age_line(found))


def _leading(found: Any) -> Sequence[tuple[str, Any]]:
    """CLUSTER and NAMESPACE stand first where there is more than one to tell apart."""
    leads: list[tuple[str, Any]] = []
    if len(found.clusters) > 1:
        leads.append(("CLUSTER", lambda row: row.cluster))
    if found.resource.namespaced and found.several_namespaces:
        leads.append(("NAMESPACE", lambda row: row.namespace))
    return leads


def _age_line(found: Any) -> str:
    whole = "" if found.freshness.complete else ", incomplete"
    if found.as_of is not None:
        return f"{len(found.rows)} of {found.total} · history, as of {format_local_time(found.as_of)}{whole}"
    age = found.freshness.age(found.now)
    seen = "never confirmed" if age is None else f"{format_age(age)} ago" if age >= 1 else "now"
    return f"{len(found.rows)} of {found.total} · {found.freshness.source.value}, seen {seen}{whole}"
