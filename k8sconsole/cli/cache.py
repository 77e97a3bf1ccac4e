"""``k8sconsole cache``: the cache file, looked at and looked after."""

from typing import Annotated, Any

import typer

from k8sconsole.cli.opening import AsJson, Contexts, Db, Namespaces, settings_with, with_console
from k8sconsole.cli.output import print_json, print_table, say
from k8sconsole.kit.text import short_age

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="Look at the cache file, and look after it.")


def _loaded(db: Any) -> Any:
    return settings_with({"cache.db_path": str(db) if db else None})


@app.command(epilog="Example: k8sconsole cache status --json")
def status(db: Db = None, as_json: AsJson = False) -> None:
    """Size, clusters, and how each kind was last read."""

    async def work(console: Any) -> dict[str, Any]:
        return {
            "store": await console.store_status(),
            "clusters": await console.known_clusters(),
            "scans": await console.scan_states(),
            "now": console.clock.now(),
        }

    found = with_console(work, loaded=_loaded(db), offline=True)
    if as_json:
        print_json({key: value for key, value in found.items() if key != "now"})
        return
    store, now = found["store"], found["now"]
    say(f"{store.path}: {store.on_disk / 1e6:.1f} MB, {store.objects} objects, schema {store.schema_version}")
    if not found["scans"]:
        say("nothing has been read yet (try: k8sconsole scan --once)")
        return
    rows = [
        (
            state.cluster,
            state.resource,
            state.status.value + (" ● watching" if state.watching else ""),
            str(state.record_count),
            short_age(now - state.last_scan_at) if state.last_scan_at else "never",
            state.error or "; ".join(state.missing),
        )
        for state in found["scans"]
    ]
    print_table(("CLUSTER", "KIND", "STATE", "OBJECTS", "READ", "NOTE"), rows, right=frozenset({3, 4}))


@app.command(epilog="Example: k8sconsole cache clean")
def clean(db: Db = None) -> None:
    """Remove what has expired and was not confirmed since."""

    async def work(console: Any) -> int:
        gone: int = await console.clean_cache()
        return gone

    say(f"{with_console(work, loaded=_loaded(db), offline=True)} rows removed")


@app.command(epilog="Example: k8sconsole cache refresh pods -n shop --context prod-eu")
def refresh(
    kinds: Annotated[list[str] | None, typer.Argument(help="Kinds to read again; all by default.")] = None,
    context: Contexts = None,
    namespace: Namespaces = None,
    db: Db = None,
) -> int:
    """Read the cluster again now: all of it, these kinds, or what of them is in these namespaces."""
    from k8sconsole.cli.scan import scan_once

    return scan_once(_loaded(db), contexts=context, namespaces=namespace, kinds=kinds)


@app.command(epilog="Example: k8sconsole cache query 'SELECT namespace, count(*) FROM pods GROUP BY 1'")
def query(
    sql: Annotated[str, typer.Argument(help="One SELECT.")],
    db: Db = None,
    limit: Annotated[int, typer.Option("--limit", help="Rows at the most.", min=1, max=100_000)] = 1000,
    as_json: AsJson = False,
) -> None:
    """Ask the cache in SQL; nothing can be written this way."""

    async def work(console: Any) -> Any:
        return await console.query(sql, limit=limit)

    table = with_console(work, loaded=_loaded(db), offline=True)
    if as_json:
        print_json([dict(zip(table.columns, row, strict=True)) for row in table.rows])
    else:
        print_table(table.columns, [["" if cell is None else str(cell) for cell in row] for row in table.rows])
    if table.truncated:
        say(f"there is more: the first {limit} rows are shown (try: --limit {limit * 10})")
