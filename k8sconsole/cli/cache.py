"""``k8sconsole cache``: the cache file's status, clean-up, refresh, encryption and SQL."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from k8sconsole.cli.completion import kinds, names
from k8sconsole.cli.options import AsJson, Contexts, Db, Namespaces
from k8sconsole.cli.output import print_json, print_table, print_text, say
from k8sconsole.cli.session import settings_for, with_console
from k8sconsole.kit.text import format_age
from k8sconsole.model.cache_records import ClusterRecord, ResultTable, ScanState, StoreStatus
from k8sconsole.model.indicators import Indicator
from k8sconsole.model.tools import ToolOutcome

if TYPE_CHECKING:
    from k8sconsole.runtime.api import ConsoleApi

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="Inspect and maintain the cache file.")


class _CacheReport(msgspec.Struct):
    store: StoreStatus
    clusters: list[ClusterRecord]
    scans: list[ScanState]
    indicators: list[Indicator]


@app.command(epilog="Example: k8sconsole cache status --json")
def status(
    db: Db = None,
    as_json: AsJson = False,
    metrics: Annotated[bool, typer.Option("--metrics", help="Print the last day's calls in Prometheus' text format instead.")] = False,
) -> None:
    """Show the size, the KPIs, the clusters, and how each kind was last read."""

    async def read_metrics(console: "ConsoleApi") -> str:
        return await console.metrics.prometheus_of_cache()

    async def read_report(console: "ConsoleApi") -> tuple[_CacheReport, float]:
        cache = console.cache
        indicators = await console.metrics.indicators()
        report = _CacheReport(await cache.status(), await cache.clusters(), await cache.scan_states(), indicators)
        return report, console.clock.now()

    if metrics:
        print_text(with_console(read_metrics, loaded=settings_for(db), offline=True))
        return
    report, now = with_console(read_report, loaded=settings_for(db), offline=True)
    if as_json:
        print_json(report)
    else:
        _print_status(report, now)


def _print_status(report: _CacheReport, now: float) -> None:
    store = report.store
    say(f"{store.path}: {store.on_disk / 1e6:.1f} MB, {store.objects} objects, schema {store.schema_version}")
    for indicator in report.indicators:
        measured = "not measured yet" if indicator.share is None else f"{indicator.share:.0%} of {indicator.count}"
        goal = "" if indicator.goal is None else f" (goal {indicator.goal:.0%})"
        say(f"{indicator.title}: {measured} in the last day{goal}")
    if not report.scans:
        say("nothing has been read yet (try: k8sconsole scan --once)")
        return
    rows = [
        (
            state.cluster,
            state.resource,
            state.status.value + _format_watch(state),
            str(state.record_count),
            format_age(now - state.last_scan_at) if state.last_scan_at else "never",
            state.error or "; ".join(state.missing),
        )
        for state in report.scans
    ]
    print_table(("CLUSTER", "KIND", "STATE", "OBJECTS", "READ", "NOTE"), rows, right=frozenset({3, 4}))


def _format_watch(state: ScanState) -> str:
    if state.watching:
        return " ● watching"
    return f" every {state.poll_interval:.0f} s" if state.poll_interval else ""


@app.command(epilog="Example: k8sconsole cache clean")
def clean(db: Db = None) -> None:
    """Remove rows that have expired without being confirmed."""

    async def work(console: "ConsoleApi") -> int:
        return await console.cache.delete_expired()

    say(f"{with_console(work, loaded=settings_for(db), offline=True)} rows removed")


@app.command(
    epilog="Examples: k8sconsole cache refresh pods,services -n shop --context prod-eu · k8sconsole cache refresh deploy web -n shop"
)
def refresh(
    kind: Annotated[str, typer.Argument(help="A kind, or several: pods,services. All by default.", autocompletion=kinds)] = "",
    name: Annotated[str, typer.Argument(help="One object.", autocompletion=names)] = "",
    context: Contexts = None,
    namespace: Namespaces = None,
    db: Db = None,
) -> int:
    """Read the cluster again now: everything, some kinds, some namespaces of them, or one object."""
    if name:
        _refresh_object(kind, name, context, namespace, db)
        return 0
    from k8sconsole.cli.scan import scan_once

    return scan_once(settings_for(db), contexts=context, namespaces=namespace, kinds=[word for word in kind.split(",") if word])


def _refresh_object(kind: str, name: str, contexts: list[str] | None, namespaces: list[str] | None, db: Path | None) -> None:
    """Reads the object in each selected context and each namespace given, or in the context's own. Raises the tool's error."""

    async def work(console: "ConsoleApi") -> list[ToolOutcome]:
        return [
            await console.tools.call("cache_refresh", {"kind": kind, "name": name, "context": cluster, "namespace": namespace})
            for cluster in await console.clusters.selected()
            for namespace in namespaces or [""]
        ]

    for outcome in with_console(work, loaded=settings_for(db), contexts=contexts, needs_clusters=True):
        if outcome.error is not None:
            raise outcome.error
        print_text(outcome.text)


@app.command(epilog="Example: K8SCONSOLE_CACHE__ENCRYPTION=keyring k8sconsole cache encrypt")
def encrypt(db: Db = None) -> None:
    """Encrypt the cache file with the key that cache.encryption names. No other process may use the file meanwhile."""
    from k8sconsole.runtime.cache_file.encryption import encrypt_cache

    path, plain_copies = encrypt_cache(settings_for(db))
    say(f"{path} is now encrypted; its deleted plain contents may still be recoverable from the disk")
    for copy in plain_copies:
        say(f"{copy} is still plain: delete it when you no longer need it")


@app.command(epilog="Example: k8sconsole cache decrypt, then cache.encryption: none")
def decrypt(db: Db = None) -> None:
    """Decrypt the cache file. No other process may use the file meanwhile."""
    from k8sconsole.runtime.cache_file.encryption import decrypt_cache

    say(f"{decrypt_cache(settings_for(db))} is now plain (to keep it plain: cache.encryption: none)")


@app.command(epilog="Example: k8sconsole cache query 'SELECT namespace, count(*) FROM pods GROUP BY 1'")
def query(
    sql: Annotated[str, typer.Argument(help="One SELECT.")],
    db: Db = None,
    limit: Annotated[int, typer.Option("--limit", help="Rows at most.", min=1, max=100_000)] = 1000,
    as_json: AsJson = False,
) -> None:
    """Query the cache in SQL. Nothing can be written this way."""

    async def work(console: "ConsoleApi") -> ResultTable:
        return await console.cache.query(sql, limit=limit)

    table = with_console(work, loaded=settings_for(db), offline=True)
    if as_json:
        print_json([dict(zip(table.columns, row, strict=True)) for row in table.rows])
    else:
        print_table(table.columns, _printable(table.rows))
    if table.truncated:
        say(f"there is more: the first {limit} rows are shown (try: --limit {limit * 10})")


def _printable(rows: Sequence[Sequence[object]]) -> list[list[str]]:
    return [["" if cell is None else str(cell) for cell in row] for row in rows]
