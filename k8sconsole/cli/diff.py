"""``k8sconsole diff``: what changed between two moments."""

from typing import Annotated, Any

import typer

from k8sconsole.cli.opening import settings_with, with_console
from k8sconsole.cli.options import AllContexts, Contexts, Db, Namespaces
from k8sconsole.cli.output import print_table, say
from k8sconsole.cli.past import TIMES, Form, fields, here, print_as, remark

app = typer.Typer(add_completion=False, rich_markup_mode=None)
LINES = 5
"""How many differing fields of one object a table of many shows."""


@app.command(epilog=f"{TIMES} Examples: k8sconsole diff --from -1h -n shop · k8sconsole diff deploy web -n shop --from 14:00 --to 14:30")
def diff(
    begin: Annotated[str, typer.Option("--from", help="The earlier moment.", metavar="T1")],
    kind: Annotated[str, typer.Argument(help="A kind; all by default.")] = "",
    name: Annotated[str, typer.Argument(help="One object, in full.")] = "",
    end: Annotated[str, typer.Option("--to", help="The later moment; now by default.", metavar="T2")] = "",
    owner: Annotated[str, typer.Option("--owner", help="Only what belongs to it, any way up: web, Deployment/web.", metavar="O")] = "",
    field: Annotated[str, typer.Option("--field", help="Only where this field or what lies below it differs.", metavar="PATH")] = "",
    context: Contexts = None,
    all_contexts: AllContexts = False,
    namespace: Namespaces = None,
    everywhere: Annotated[bool, typer.Option("-A", "--all-namespaces", help="All namespaces, as without -n.")] = False,
    form: Annotated[Form, typer.Option("-o", "--output", help="How to print.")] = Form.TABLE,
    db: Db = None,
) -> None:
    """What differs between two moments: added, deleted, and modified with the fields that differ."""

    async def work(console: Any) -> Any:
        from k8sconsole.runtime.services.history import ChangesWanted

        return await console.changes(ChangesWanted(begin, end, kind, name, () if everywhere else tuple(namespace or ()), owner, field))

    loaded = settings_with({"cache.db_path": str(db) if db else None})
    found = with_console(work, loaded=loaded, contexts=context, all_contexts=all_contexts)
    if form is Form.TABLE:
        _print(found, whole=bool(name))
    else:
        print_as(found.told, form)


def _print(found: Any, *, whole: bool) -> None:
    remark(found)
    told = found.told
    span = f"between {here(told.since)} and {here(told.until)}"
    if told.items:
        clusters = len({one.context for one in told.items}) > 1
        header = ("CHANGE", *(["CLUSTER"] if clusters else []), "OBJECT", "VERSIONS", "LAST", "BY", "WHAT")
        rows = [row for one in told.items for row in _rows(one, None if whole else LINES, clusters=clusters)]
        print_table(header, rows, right=frozenset({header.index("VERSIONS")}))
        say(f"{len(told.items)} objects differ {span}{_rest(told)}")
    elif told.gaps:
        say(f"no change was seen {span}{_rest(told)}; what happened in the gaps is not known")
    else:
        say(f"nothing changed {span}{_rest(told)}")


def _rows(one: Any, most: int | None, *, clusters: bool) -> list[tuple[str, ...]]:
    """One row, and one more for each further field."""
    place = f"{one.namespace}/{one.name}" if one.namespace else one.name
    first, *more = fields(one.diff, most) or [""]
    leads = (one.change, *([one.context] if clusters else []), f"{one.kind} {place}", str(one.versions), here(one.last), ", ".join(one.by))
    return [(*leads, first), *((*("" for _ in leads), line) for line in more)]


def _rest(told: Any) -> str:
    passing = f" · {told.passing} came and went" if told.passing else ""
    return passing + (f" · {told.restored} changed and are as they were" if told.restored else "")
