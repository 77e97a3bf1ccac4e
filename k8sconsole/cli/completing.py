"""What may be typed next, for shells: the same suggestions as in the console and for MCP clients, out of the cache.

Whatever goes wrong, the shell gets nothing and no complaint: completing must never disturb the line that is being typed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import typer

from k8sconsole.cli.opening import settings_with, with_console

PATIENCE = 1.0
"""Seconds, then nothing is suggested."""
LIST, GET = "k8s_list_resources", "k8s_get_resource"


def contexts(ctx: typer.Context, incomplete: str) -> list[str]:
    return _suggested(ctx, LIST, "context", incomplete)


def namespaces(ctx: typer.Context, incomplete: str) -> list[str]:
    return _suggested(ctx, LIST, "namespace", incomplete)


def kinds(ctx: typer.Context, incomplete: str) -> list[str]:
    return _suggested(ctx, LIST, "kind", incomplete)


def names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Of the kind that was typed before."""
    return _suggested(ctx, GET, "name", incomplete)


def tools(ctx: typer.Context, incomplete: str) -> list[str]:
    async def work(console: Any) -> list[str]:
        return [tool.name for tool in console.tools()]

    return [name for name in _asked(ctx, work) if name.startswith(incomplete)]


def pairs(ctx: typer.Context, incomplete: str) -> list[str]:
    """``key=`` for each parameter of the tool, and ``key=value`` where something is known of it."""
    tool, typed = str(ctx.params.get("name") or ""), ctx.params.get("arguments") or []
    given = dict(pair.split("=", 1) for pair in typed if "=" in pair)
    key, equals, value = incomplete.partition("=")

    async def work(console: Any) -> list[str]:
        if not equals:
            known = console.tool(tool).input_schema()["properties"]
            return [f"{name}=" for name in known if name.startswith(key) and name not in given]
        return [f"{key}={found}" for found in await console.suggest(tool, key, {**given, key: value})]

    return _asked(ctx, work)


def _suggested(ctx: typer.Context, tool: str, parameter: str, incomplete: str) -> list[str]:
    given = {**_given(ctx.params), parameter: incomplete}

    async def work(console: Any) -> list[str]:
        found: list[str] = await console.suggest(tool, parameter, given)
        return [value for value in found if value.startswith(incomplete)]

    return _asked(ctx, work)


def _given(params: Mapping[str, Any]) -> dict[str, str]:
    """What stands on the line so far, in the tools' words; of several the first."""
    found: dict[str, str] = {}
    for name in ("context", "namespace", "kind"):
        value = params.get(name)
        first = value[0] if isinstance(value, list | tuple) and value else value
        if isinstance(first, str) and first:
            found[name] = first
    return found


def _asked(ctx: typer.Context, work: Callable[[Any], Awaitable[list[str]]]) -> list[str]:
    async def patient(console: Any) -> list[str]:
        async with asyncio.timeout(PATIENCE):
            return await work(console)

    chosen = ctx.params.get("context")
    try:
        loaded = settings_with({"cache.db_path": str(ctx.params["db"]) if ctx.params.get("db") else None})
        return with_console(patient, loaded=loaded, contexts=chosen if isinstance(chosen, list | tuple) else None)
    except Exception:  # noqa: BLE001 - see above
        return []
