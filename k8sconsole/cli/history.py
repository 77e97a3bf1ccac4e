"""``k8sconsole history``: every version of one object."""

from typing import TYPE_CHECKING, Annotated

import typer

from k8sconsole.cli.completion import kinds, names, namespaces
from k8sconsole.cli.history_output import TIMES, OutputForm, difference_lines, gap_text, local_time, print_as, print_coverage
from k8sconsole.cli.options import Contexts, Db
from k8sconsole.cli.output import print_table, say
from k8sconsole.cli.session import settings_for, with_console

if TYPE_CHECKING:
    from k8sconsole.runtime.api import ConsoleApi
    from k8sconsole.runtime.services.history import VersionsResult
    from k8sconsole.tools.history.versions import VersionRecord

app = typer.Typer(add_completion=False, rich_markup_mode=None)
MOST_FIELDS = 20
"""Differing fields of one version that the table shows."""


@app.command(epilog=f"{TIMES} Examples: k8sconsole history deploy web -n shop --since -2h · k8sconsole history pod web-0 -n shop -o json")
def history(
    kind: Annotated[str, typer.Argument(help="A kind, as kubectl knows it: pod, deploy, certificates.example.org.", autocompletion=kinds)],
    name: Annotated[str, typer.Argument(help="One object; a deleted one too.", autocompletion=names)],
    context: Contexts = None,
    namespace: Annotated[
        str, typer.Option("-n", "--namespace", help="Its namespace; the context's own by default.", metavar="NS", autocompletion=namespaces)
    ] = "",
    since: Annotated[str, typer.Option("--since", help="Only versions from this time on.", metavar="T")] = "",
    until: Annotated[str, typer.Option("--until", help="Only versions up to this time.", metavar="T")] = "",
    form: Annotated[OutputForm, typer.Option("-o", "--output", help="The output format.")] = OutputForm.TABLE,
    db: Db = None,
) -> None:
    """Show every version of one object, oldest first: its time, its author, and the fields that differ from the version before."""

    async def work(console: "ConsoleApi") -> "VersionsResult":
        from k8sconsole.runtime.services.history import VersionsRequest

        return await console.history.versions(VersionsRequest(kind, name, namespace, since, until))

    result = with_console(work, loaded=settings_for(db), contexts=context)
    if form is OutputForm.TABLE:
        _print_versions(result)
    else:
        print_as(result.report, form)


def _print_versions(result: "VersionsResult") -> None:
    print_coverage(result)
    report = result.report
    if not report.versions:
        say("no version in that time")
        return
    dated = [(version.observed_at, _version_rows(version)) for version in report.versions]
    dated += [(gap.since or "", [(local_time(gap.since) if gap.since else "", "gap", "", gap_text(gap))]) for gap in report.gaps]
    rows = [row for _, group in sorted(dated, key=lambda pair: pair[0]) for row in group]
    print_table(("WHEN", "CHANGE", "BY", "WHAT"), rows)
    ref = report.object
    path = f"{ref.namespace}/{ref.name}" if ref.namespace else ref.name
    say(f"{len(report.versions)} versions of {ref.kind} {path} on {ref.context}")


def _version_rows(version: "VersionRecord") -> list[tuple[str, str, str, str]]:
    """One row for the version, and one more for each further differing field."""
    created = [f"created {local_time(version.created_at)}"] if version.created_at else []
    first, *more = created or difference_lines(version.diff, MOST_FIELDS) or [""]
    return [(local_time(version.observed_at), version.change_word, version.by, first), *(("", "", "", line) for line in more)]
