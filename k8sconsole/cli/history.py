"""``k8sconsole history``: the life of one object."""

from typing import Annotated, Any

import typer

from k8sconsole.cli.completing import kinds, names, namespaces
from k8sconsole.cli.opening import settings_with, with_console
from k8sconsole.cli.options import Contexts, Db
from k8sconsole.cli.output import print_table, say
from k8sconsole.cli.past import TIMES, Form, fields, here, print_as, remark, unwatched

app = typer.Typer(add_completion=False, rich_markup_mode=None)
LINES = 20
"""How many differing fields of one version the table shows."""


@app.command(epilog=f"{TIMES} Examples: k8sconsole history deploy web -n shop --since -2h · k8sconsole history pod web-0 -n shop -o json")
def history(
    kind: Annotated[str, typer.Argument(help="A kind, as kubectl knows it: pod, deploy, certificates.example.org.", autocompletion=kinds)],
    name: Annotated[str, typer.Argument(help="One object; it may be gone.", autocompletion=names)],
    context: Contexts = None,
    namespace: Annotated[
        str, typer.Option("-n", "--namespace", help="Its namespace; the context's own by default.", metavar="NS", autocompletion=namespaces)
    ] = "",
    since: Annotated[str, typer.Option("--since", help="Only versions from then on.", metavar="T")] = "",
    until: Annotated[str, typer.Option("--until", help="Only versions up to then.", metavar="T")] = "",
    form: Annotated[Form, typer.Option("-o", "--output", help="How to print.")] = Form.TABLE,
    db: Db = None,
) -> None:
    """Every version of one object that was seen, oldest first: when, by whom, and what differs from the one before."""

    async def work(console: Any) -> Any:
        from k8sconsole.runtime.services.history import LifeWanted

        return await console.life(LifeWanted(kind, name, namespace, since, until))

    found = with_console(work, loaded=settings_with({"cache.db_path": str(db) if db else None}), contexts=context)
    if form is Form.TABLE:
        _print(found)
    else:
        print_as(found.told, form)


def _print(found: Any) -> None:
    remark(found)
    told = found.told
    if not told.versions:
        say("no version in that time")
        return
    lines = [(one.observed_at, _version(one)) for one in told.versions]
    lines += [(gap.since or "", [(here(gap.since) if gap.since else "", "gap", "", unwatched(gap))]) for gap in told.gaps]
    rows = [row for _, several in sorted(lines, key=lambda one: one[0]) for row in several]
    print_table(("WHEN", "CHANGE", "BY", "WHAT"), rows)
    one = told.object
    place = f"{one.namespace}/{one.name}" if one.namespace else one.name
    say(f"{len(told.versions)} versions of {one.kind} {place} on {one.context}")


def _version(one: Any) -> list[tuple[str, str, str, str]]:
    """A row, and one more for each further field."""
    first, *more = fields(one.diff, LINES) or [""]
    return [(here(one.observed_at), one.change, one.by, first), *(("", "", "", line) for line in more)]
