"""``k8sconsole diff``: what differs between two times."""

from typing import TYPE_CHECKING, Annotated

import typer

from k8sconsole.cli.history_output import TIMES, OutputForm, difference_lines, local_time, print_as, print_coverage
from k8sconsole.cli.options import AllContexts, Contexts, Db, Namespaces
from k8sconsole.cli.output import print_table, say
from k8sconsole.cli.session import settings_for, with_console

if TYPE_CHECKING:
    from k8sconsole.runtime.api import ConsoleApi
    from k8sconsole.runtime.services.history import DiffResult
    from k8sconsole.tools.history.diff import ChangeRecord, DiffPage

app = typer.Typer(add_completion=False, rich_markup_mode=None)
MOST_FIELDS = 5
"""Differing fields of one object that a table of many objects shows."""


@app.command(epilog=f"{TIMES} Examples: k8sconsole diff --from -1h -n shop · k8sconsole diff deploy web -n shop --from 14:00 --to 14:30")
def diff(
    begin: Annotated[str, typer.Option("--from", help="The earlier time.", metavar="T1")],
    kind: Annotated[str, typer.Argument(help="A kind; all by default.")] = "",
    name: Annotated[str, typer.Argument(help="One object, with all its fields.")] = "",
    end: Annotated[str, typer.Option("--to", help="The later time; now by default.", metavar="T2")] = "",
    owner: Annotated[str, typer.Option("--owner", help="Only objects owned by it, at any depth: web, Deployment/web.", metavar="O")] = "",
    field: Annotated[str, typer.Option("--field", help="Only objects where this field or one below it differs.", metavar="PATH")] = "",
    context: Contexts = None,
    all_contexts: AllContexts = False,
    namespace: Namespaces = None,
    everywhere: Annotated[bool, typer.Option("-A", "--all-namespaces", help="All namespaces, and what has none.")] = False,
    form: Annotated[OutputForm, typer.Option("-o", "--output", help="The output format.")] = OutputForm.TABLE,
    db: Db = None,
) -> None:
    """Show what differs between two times: objects added, deleted, and modified, with the fields that differ.

    Without -n and -A it compares the context's own namespace."""

    async def work(console: "ConsoleApi") -> "DiffResult":
        from k8sconsole.runtime.services.history import DiffRequest

        return await console.history.diff(DiffRequest(begin, end, kind, name, tuple(namespace or ()), owner, field, everywhere))

    result = with_console(work, loaded=settings_for(db), contexts=context, all_contexts=all_contexts)
    if form is OutputForm.TABLE:
        _print_differences(result, all_fields=bool(name))
    else:
        print_as(result.report, form)


def _print_differences(result: "DiffResult", *, all_fields: bool) -> None:
    print_coverage(result)
    report = result.report
    where = f" in {', '.join(result.namespaces)}" if result.namespaces else ""
    span = f"between {local_time(report.since)} and {local_time(report.until)}{where}"
    if report.items:
        several = len({item.context for item in report.items}) > 1
        header = ("CHANGE", *(["CLUSTER"] if several else []), "OBJECT", "VERSIONS", "LAST", "BY", "WHAT")
        rows = [row for item in report.items for row in _item_rows(item, None if all_fields else MOST_FIELDS, clusters=several)]
        print_table(header, rows, right=frozenset({header.index("VERSIONS")}))
        say(f"{len(report.items)} objects differ {span}{_format_rest(report)}")
    elif report.gaps:
        say(f"no change was observed {span}{_format_rest(report)}; changes during the gaps are not known")
    else:
        say(f"nothing changed {span}{_format_rest(report)}")


def _item_rows(item: "ChangeRecord", most: int | None, *, clusters: bool) -> list[tuple[str, ...]]:
    """One row for the object, and one more for each further differing field."""
    path = f"{item.namespace}/{item.name}" if item.namespace else item.name
    first, *more = difference_lines(item.diff, most) or [""]
    cluster = [item.context] if clusters else []
    leading = (
        item.change.replace("_", " "),
        *cluster,
        f"{item.kind} {path}",
        str(item.versions),
        local_time(item.last),
        ", ".join(item.by),
    )
    return [(*leading, first), *((*("" for _ in leading), line) for line in more)]


def _format_rest(report: "DiffPage") -> str:
    passing = f" · {report.passing} were created and deleted in between" if report.passing else ""
    restored = f" · {report.restored} changed and changed back" if report.restored else ""
    left_out = "".join(f" · without {count} {what} (try: diff {what.split()[0]})" for what, count in report.left_out.items())
    return passing + restored + left_out
