"""``k8sconsole cache``: the cache file, looked at and looked after."""

import sys
from typing import Annotated, Any

import typer

from k8sconsole.cli.completing import kinds, names
from k8sconsole.cli.opening import settings_with, with_console
from k8sconsole.cli.options import AsJson, Contexts, Db, Namespaces
from k8sconsole.cli.output import print_json, print_table, print_text, say
from k8sconsole.kit.text import format_age

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="Look at the cache file, and look after it.")


def _loaded(db: Any) -> Any:
    return settings_with({"cache.db_path": str(db) if db else None})


@app.command(epilog="Example: k8sconsole cache status --json")
def status(
    db: Db = None,
    as_json: AsJson = False,
    metrics: Annotated[bool, typer.Option("--metrics", help="Instead, the last day's calls in Prometheus's text form.")] = False,
) -> None:
    """Size, how well it serves, clusters, and how each kind was last read."""
    if metrics:
        print_text(with_console(_metrics, loaded=_loaded(db), offline=True))
        return

    async def work(console: Any) -> dict[str, Any]:
        return {
            "store": await console.store_status(),
            "clusters": await console.known_clusters(),
            "scans": await console.scan_states(),
            "indicators": await console.indicators(),
            "now": console.clock.now(),
        }

    found = with_console(work, loaded=_loaded(db), offline=True)
    if as_json:
        print_json({key: value for key, value in found.items() if key != "now"})
        return
    _print_status(found)


def _print_status(found: dict[str, Any]) -> None:
    store, now = found["store"], found["now"]
    say(f"{store.path}: {store.on_disk / 1e6:.1f} MB, {store.objects} objects, schema {store.schema_version}")
    for one in found["indicators"]:
        measured = "not measured yet" if one.share is None else f"{one.share:.0%} of {one.count}"
        goal = "" if one.goal is None else f" (goal {one.goal:.0%})"
        say(f"{one.title}: {measured} in the last day{goal}")
    if not found["scans"]:
        say("nothing has been read yet (try: k8sconsole scan --once)")
        return
    rows = [
        (
            state.cluster,
            state.resource,
            state.status.value + (" ● watching" if state.watching else ""),
            str(state.record_count),
            format_age(now - state.last_scan_at) if state.last_scan_at else "never",
            state.error or "; ".join(state.missing),
        )
        for state in found["scans"]
    ]
    print_table(("CLUSTER", "KIND", "STATE", "OBJECTS", "READ", "NOTE"), rows, right=frozenset({3, 4}))


async def _metrics(console: Any) -> str:
    told: str = await console.kept_metrics()
    return told


@app.command(epilog="Example: k8sconsole cache clean")
def clean(db: Db = None) -> None:
    """Remove what has expired and was not confirmed since."""

    async def work(console: Any) -> int:
        gone: int = await console.clean_cache()
        return gone

    say(f"{with_console(work, loaded=_loaded(db), offline=True)} rows removed")


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
    """Read the cluster again now: all of it, these kinds, what of them is in these namespaces, or one object."""
    if name:
        _refresh_one(kind, name, context, namespace, db)
        return 0
    from k8sconsole.cli.scan import scan_once

    return scan_once(_loaded(db), contexts=context, namespaces=namespace, kinds=[word for word in kind.split(",") if word])


def _refresh_one(kind: str, name: str, contexts: Any, namespaces: Any, db: Any) -> None:
    """In each context and namespace that was named, or in the one that is selected. Raises what the tool answers."""

    async def work(console: Any) -> list[Any]:
        asked = {"kind": kind, "name": name}
        places = [{"context": cluster, "namespace": space} for cluster in console.selected for space in namespaces or [""]]
        return [await console.call("cache_refresh", {**asked, **place}) for place in places]

    for outcome in with_console(work, loaded=_loaded(db), contexts=contexts, needs_clusters=True):
        if outcome.error is not None:
            raise outcome.error
        sys.stdout.write(outcome.text + "\n")


@app.command(epilog="Example: K8SCONSOLE_CACHE__ENCRYPTION=keyring k8sconsole cache encrypt")
def encrypt(db: Db = None) -> None:
    """Encrypt the cache file, with all it holds, with the key that cache.encryption names; nobody else may be using it."""
    from k8sconsole.runtime.cache_file.encryption import encrypt_cache

    path, left = encrypt_cache(_loaded(db))
    say(f"{path} is encrypted now; what was deleted in doing so may still be found on the disk")
    for each in left:
        say(f"{each} is still plain: delete it when you no longer need it")


@app.command(epilog="Example: k8sconsole cache decrypt, then cache.encryption: none")
def decrypt(db: Db = None) -> None:
    """Make the cache file plain again, with all it holds; nobody else may be using it."""
    from k8sconsole.runtime.cache_file.encryption import decrypt_cache

    say(f"{decrypt_cache(_loaded(db))} is plain now (to keep it so: cache.encryption: none)")


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
