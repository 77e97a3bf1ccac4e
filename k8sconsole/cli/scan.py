"""``k8sconsole scan``: the scanner without a screen."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from k8sconsole.cli.options import AllContexts, AsJson, Contexts, Db, Namespaces
from k8sconsole.cli.output import Progress, print_json, print_table, say
from k8sconsole.cli.session import settings_for, with_console
from k8sconsole.config.loader import LoadedSettings
from k8sconsole.model.events import Fact

if TYPE_CHECKING:
    from k8sconsole.runtime.api import ConsoleApi
    from k8sconsole.runtime.services.scanning import ClusterReport

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(epilog="Example: k8sconsole scan --once --json --context prod-eu")
def scan(
    once: Annotated[bool, typer.Option("--once", help="Read everything once and stop.")] = False,
    context: Contexts = None,
    all_contexts: AllContexts = False,
    namespace: Namespaces = None,
    progress: Annotated[bool, typer.Option("--progress/--no-progress", help="Show what is being read, on a terminal.")] = True,
    watch: Annotated[bool, typer.Option("--watch/--no-watch", help="Watch for changes between two reads.")] = True,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Read the cluster into the cache: once, or until interrupted."""
    loaded = settings_for(db)
    if once:
        return scan_once(loaded, context, all_contexts, namespace, progress=progress, as_json=as_json)
    return _follow(loaded, context, all_contexts, namespace, watch)


def scan_once(
    loaded: LoadedSettings,
    contexts: Sequence[str] | None = None,
    all_contexts: bool = False,
    namespaces: Sequence[str] | None = None,
    *,
    kinds: Sequence[str] | None = None,
    progress: bool = True,
    as_json: bool = False,
) -> int:
    """Prints a line per kind, or JSON. Returns 0 when everything permitted was read, 1 when a part was, else the error's exit code."""
    from k8sconsole.model.events import ScanCompleted

    line = Progress()

    def show_progress(fact: Fact) -> None:
        if isinstance(fact, ScanCompleted):
            line.show(f"{fact.cluster} {fact.resource}")

    async def work(console: "ConsoleApi") -> "list[ClusterReport]":
        if progress:
            console.events.subscribe(show_progress)
        return await console.scanning.scan_once(tuple(kinds or ()))

    reports = with_console(work, loaded=loaded, contexts=contexts, all_contexts=all_contexts, namespaces=namespaces, needs_clusters=True)
    line.done()
    if as_json:
        print_json([report.to_json() for report in reports])
    else:
        _print_reports(reports)
    for report in reports:
        for reason in () if as_json else report.missing:
            say(f"missing: {reason}")
        if report.error is not None:
            say(f"error: {report.error}")
    return _exit_code([report.exit_code for report in reports])


def _exit_code(codes: Sequence[int]) -> int:
    failed = [code for code in codes if code]
    return failed[0] if len(failed) == len(codes) and failed else int(bool(failed))


def _print_reports(reports: "Sequence[ClusterReport]") -> None:
    rows = [
        (
            report.cluster,
            kind.resource,
            *(str(number) for number in (kind.objects, kind.added, kind.changed, kind.deleted)),
            f"{kind.seconds:.2f}",
            kind.error,
        )
        for report in reports
        for kind in report.kinds
    ]
    print_table(("CLUSTER", "KIND", "OBJECTS", "ADDED", "CHANGED", "DELETED", "SECONDS", "ERROR"), rows, right=frozenset({2, 3, 4, 5, 6}))


def _follow(
    loaded: LoadedSettings, contexts: Sequence[str] | None, all_contexts: bool, namespaces: Sequence[str] | None, watch: bool
) -> int:
    async def work(console: "ConsoleApi") -> int:
        console.events.subscribe(_print_fact)
        say("scanning; interrupt to stop")
        await console.scanning.follow()
        return 0

    return with_console(
        work,
        loaded=loaded,
        contexts=contexts,
        all_contexts=all_contexts,
        namespaces=namespaces,
        watch=watch,
        needs_clusters=True,
    )


def _print_fact(fact: Fact) -> None:
    from k8sconsole.model.events import ClusterState, ScanCompleted

    if isinstance(fact, ClusterState):
        say(f"{fact.cluster}: {fact.connection.value}" + (f" — {fact.detail}" if fact.detail else ""))
    elif isinstance(fact, ScanCompleted) and fact.error:
        say(f"{fact.cluster}: {fact.resource}: {fact.error}")
