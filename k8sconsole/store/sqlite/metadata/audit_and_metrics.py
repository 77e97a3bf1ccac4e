"""``store.port.AuditLog`` in SQLite: tools, their calls, and the figures from which the KPIs are computed."""

import sqlite3
from collections.abc import Iterable, Sequence
from functools import partial

import msgspec

from k8sconsole.kit.clock import Clock, format_rfc3339, parse_rfc3339
from k8sconsole.model.attached_servers import TrustedTool
from k8sconsole.store.port import AuditEntry, ToolRecord, ToolUsage
from k8sconsole.store.sqlite.readers import ReaderPool
from k8sconsole.store.sqlite.writer import WriterThread

_UPSERT_TOOL = (
    "INSERT INTO mcp_tools (name, description, input_schema, output_schema, resource_types, operation_types, required_params,"
    " optional_params, scope, output_format, cache_friendly, risk, toolset, origin, created_at, updated_at, ttl_expires_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET description = excluded.description,"
    " input_schema = excluded.input_schema, output_schema = excluded.output_schema, resource_types = excluded.resource_types,"
    " operation_types = excluded.operation_types, required_params = excluded.required_params, optional_params = excluded.optional_params,"
    " scope = excluded.scope, output_format = excluded.output_format, cache_friendly = excluded.cache_friendly, risk = excluded.risk,"
    " toolset = excluded.toolset, origin = excluded.origin, updated_at = excluded.updated_at, ttl_expires_at = excluded.ttl_expires_at"
)
_DELETE_OTHERS = "DELETE FROM mcp_tools WHERE origin IN (SELECT value FROM json_each(?)) AND name NOT IN (SELECT value FROM json_each(?))"
_INSERT_CALL = (
    "INSERT INTO audit (at, request_id, caller, face, tool, arguments, phase, outcome, duration_ms, error)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_UPSERT_USAGE = (
    "INSERT INTO tool_usage_stats"
    " (tool_name, usage_count, success_count, error_count, avg_response_time, last_used_at, created_at, updated_at)"
    " VALUES (:tool, 1, :succeeded, :failed, :ms, :at, :at, :at) ON CONFLICT (tool_name) DO UPDATE SET usage_count = usage_count + 1,"
    " success_count = success_count + :succeeded, error_count = error_count + :failed,"
    " avg_response_time = avg_response_time + (:ms - avg_response_time) / (usage_count + 1), last_used_at = :at, updated_at = :at"
)
_COMPLETED = "completed"
_SUCCESS = "ok"
_NO_FAILURE = frozenset({_SUCCESS, "Cancelled", "PermissionDenied"})
"""Outcomes that are not errors of the tool. A cancelled log stream and a refused change count as calls, but not as successes."""


class SqliteAuditLog:
    def __init__(self, readers: ReaderPool, writer: WriterThread, clock: Clock) -> None:
        self._readers = readers
        self._writer = writer
        self._clock = clock

    async def entries(self, limit: int = 100) -> list[AuditEntry]:
        return await self._readers.run(partial(_read_entries, limit=limit))

    async def record_calls(self, entries: Sequence[AuditEntry]) -> None:
        await self._writer.run(partial(_write_calls, entries=entries))

    async def tool_usage(self) -> list[ToolUsage]:
        return await self._readers.run(_read_tool_usage)

    async def record_tools(self, tools: Sequence[ToolRecord], ttl: float) -> None:
        now = self._clock.now()
        await self._writer.run(lambda connection: _write_tools(connection, tools, now, ttl))

    async def trust_tools(self, tools: Sequence[TrustedTool]) -> None:
        await self._writer.run(partial(_write_trusted_tools, tools=tools))

    async def trusted_tools(self) -> list[TrustedTool]:
        return await self._readers.run(_read_trusted_tools)

    async def record_figures(self, figures: Sequence[tuple[float, str, float]]) -> None:
        await self._writer.run(partial(_write_figures, figures=figures))

    async def figures(self, name: str, since: float) -> list[tuple[float, float]]:
        return await self._readers.run(partial(_read_figures, name=name, since=since))


def _write_tools(connection: sqlite3.Connection, tools: Sequence[ToolRecord], now: float, ttl: float) -> None:
    """Also deletes the tools of the same origins that are not in ``tools``."""
    now_text, expires = format_rfc3339(now), format_rfc3339(now + ttl)
    connection.executemany(_UPSERT_TOOL, ((*_tool_values(tool), now_text, now_text, expires) for tool in tools))
    names = msgspec.json.encode([tool.name for tool in tools]).decode()
    origins = msgspec.json.encode(sorted({tool.origin for tool in tools})).decode()
    connection.execute(_DELETE_OTHERS, (origins, names))


def _tool_values(tool: ToolRecord) -> tuple[object, ...]:
    lists = (tool.input_schema, tool.output_schema, tool.resource_types, tool.operation_types, tool.required_params, tool.optional_params)
    as_json = (msgspec.json.encode(each).decode() for each in lists)
    rest = (tool.scope, tool.output_format, tool.cache_friendly, tool.risk, tool.toolset, tool.origin)
    return (tool.name, tool.description, *as_json, *rest)


def _write_trusted_tools(connection: sqlite3.Connection, tools: Iterable[TrustedTool]) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO trusted_tools (name, definition, trusted_at) VALUES (?, ?, ?)", map(msgspec.structs.astuple, tools)
    )


def _read_trusted_tools(connection: sqlite3.Connection) -> list[TrustedTool]:
    return [TrustedTool(*row) for row in connection.execute("SELECT name, definition, trusted_at FROM trusted_tools")]


def _write_calls(connection: sqlite3.Connection, entries: Iterable[AuditEntry]) -> None:
    for entry in entries:
        arguments = msgspec.json.encode(entry.arguments).decode()
        call = (format_rfc3339(entry.at), entry.request_id, entry.caller, entry.face, entry.tool, arguments)
        connection.execute(_INSERT_CALL, (*call, entry.phase, entry.outcome, entry.duration_ms, entry.error))
        if entry.phase == _COMPLETED:
            succeeded, failed = int(entry.outcome == _SUCCESS), int(entry.outcome not in _NO_FAILURE)
            usage = {
                "tool": entry.tool,
                "succeeded": succeeded,
                "ms": entry.duration_ms or 0.0,
                "at": format_rfc3339(entry.at),
                "failed": failed,
            }
            connection.execute(_UPSERT_USAGE, usage)


def _read_entries(connection: sqlite3.Connection, limit: int) -> list[AuditEntry]:
    found = connection.execute(
        "SELECT at, request_id, caller, face, tool, arguments, phase, outcome, duration_ms, error FROM audit ORDER BY id DESC LIMIT ?",
        (limit,),
    )
    return [
        AuditEntry(parse_rfc3339(at), request, caller, face, tool, msgspec.json.decode(arguments), *rest)
        for at, request, caller, face, tool, arguments, *rest in found
    ]


def _read_tool_usage(connection: sqlite3.Connection) -> list[ToolUsage]:
    found = connection.execute(
        "SELECT tool_name, usage_count, success_count, error_count, avg_response_time, last_used_at FROM tool_usage_stats"
        " ORDER BY usage_count DESC, tool_name"
    )
    return [ToolUsage(name, uses, good, bad, average, parse_rfc3339(last)) for name, uses, good, bad, average, last in found]


def _write_figures(connection: sqlite3.Connection, figures: Iterable[tuple[float, str, float]]) -> None:
    connection.executemany("INSERT INTO figures (at, name, value) VALUES (?, ?, ?)", figures)


def _read_figures(connection: sqlite3.Connection, name: str, since: float) -> list[tuple[float, float]]:
    return connection.execute("SELECT at, value FROM figures WHERE name = ? AND at >= ? ORDER BY at", (name, since)).fetchall()
