"""Shell completion: the same suggestions as in the console and for MCP clients, from the cache.

A failure gives no suggestion and no message, because completion must never disturb the line that is being typed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import typer

from k8sconsole.cli.session import settings_for, with_console
from k8sconsole.kit.text import has_control

if TYPE_CHECKING:
    from k8sconsole.runtime.api import ConsoleApi

TIMEOUT = 1.0
"""Seconds; after that nothing is suggested."""
LIST, GET = "k8s_list_resources", "k8s_get_resource"


def contexts(ctx: typer.Context, incomplete: str) -> list[str]:
    return _suggest(ctx, LIST, "context", incomplete)


def namespaces(ctx: typer.Context, incomplete: str) -> list[str]:
    return _suggest(ctx, LIST, "namespace", incomplete)


def kinds(ctx: typer.Context, incomplete: str) -> list[str]:
    return _suggest(ctx, LIST, "kind", incomplete)


def names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Objects of the kind that was typed before."""
    return _suggest(ctx, GET, "name", incomplete)


def tools(ctx: typer.Context, incomplete: str) -> list[str]:
    async def work(console: "ConsoleApi") -> list[str]:
        return [tool.name for tool in await console.tools.offered() if tool.name.startswith(incomplete)]

    return _run(ctx, work)


def pairs(ctx: typer.Context, incomplete: str) -> list[str]:
    """``key=`` for each parameter of the tool, and ``key=value`` where values are known."""
    tool, typed = str(ctx.params.get("name") or ""), ctx.params.get("arguments") or []
    given = dict(pair.split("=", 1) for pair in typed if "=" in pair)
    key, equals, value = incomplete.partition("=")

    async def work(console: "ConsoleApi") -> list[str]:
        if not equals:
            parameters = (await console.tools.describe(tool)).input_schema["properties"]
            return [f"{name}=" for name in parameters if name.startswith(key) and name not in given]
        return [f"{key}={found}" for found in await console.tools.suggest(tool, key, {**given, key: value})]

    return _run(ctx, work)


def _suggest(ctx: typer.Context, tool: str, parameter: str, incomplete: str) -> list[str]:
    given = {**_typed_arguments(ctx.params), parameter: incomplete}

    async def work(console: "ConsoleApi") -> list[str]:
        return [value for value in await console.tools.suggest(tool, parameter, given) if value.startswith(incomplete)]

    return _run(ctx, work)


def _typed_arguments(params: Mapping[str, Any]) -> dict[str, str]:
    """The arguments typed so far, under the tools' parameter names. Of a repeated option only the first value counts."""
    found: dict[str, str] = {}
    for name in ("context", "namespace", "kind"):
        value = params.get(name)
        first = value[0] if isinstance(value, list | tuple) and value else value
        if isinstance(first, str) and first:
            found[name] = first
    return found


def _run(ctx: typer.Context, work: "Callable[[ConsoleApi], Awaitable[list[str]]]") -> list[str]:
    async def work_in_time(console: "ConsoleApi") -> list[str]:
        async with asyncio.timeout(TIMEOUT):
            return await work(console)

    chosen = ctx.params.get("context")
    try:
        loaded = settings_for(ctx.params.get("db"))
        found = with_console(work_in_time, loaded=loaded, contexts=chosen if isinstance(chosen, list | tuple) else None)
        return [word for word in found if word.isprintable() and not has_control(word)]  # the shell prints them as they are
    except Exception:  # noqa: BLE001 - see the module's docstring
        return []
