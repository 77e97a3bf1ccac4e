"""What happened: the tools on offer, every call of them, and the figures the KPIs are computed from."""

import sqlite3
from collections.abc import Iterable, Sequence

import msgspec

from k8sconsole.kit.clock import format_rfc3339, parse_rfc3339
from k8sconsole.model.attached_servers import TrustedTool
from k8sconsole.store.port import AuditEntry, ToolRecord, ToolUsage

_TOOL = (
    "INSERT INTO mcp_tools (name, description, input_schema, output_schema, resource_types, operation_types, required_params,"
    " optional_params, scope, output_format, cache_friendly, risk, toolset, origin, created_at, updated_at, ttl_expires_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET description = excluded.description,"
    " input_schema = excluded.input_schema, output_schema = excluded.output_schema, resource_types = excluded.resource_types,"
    " operation_types = excluded.operation_types, required_params = excluded.required_params, optional_params = excluded.optional_params,"
    " scope = excluded.scope, output_format = excluded.output_format, cache_friendly = excluded.cache_friendly, risk = excluded.risk,"
    " toolset = excluded.toolset, origin = excluded.origin, updated_at = excluded.updated_at, ttl_expires_at = excluded.ttl_expires_at"
)
_OTHERS = "DELETE FROM mcp_tools WHERE origin IN (SELECT value FROM json_each(?)) AND name NOT IN (SELECT value FROM json_each(?))"
_CALL = (
    "INSERT INTO audit (at, request_id, caller, face, tool, arguments, phase, outcome, duration_ms, error)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_USE = (
    "INSERT INTO tool_usage_stats"
    " (tool_name, usage_count, success_count, error_count, avg_response_time, last_used_at, created_at, updated_at)"
    " VALUES (:tool, 1, :succeeded, :failed, :ms, :at, :at, :at) ON CONFLICT (tool_name) DO UPDATE SET usage_count = usage_count + 1,"
    " success_count = success_count + :succeeded, error_count = error_count + :failed,"
    " avg_response_time = avg_response_time + (:ms - avg_response_time) / (usage_count + 1), last_used_at = :at, updated_at = :at"
)
_COMPLETED = "completed"
_SUCCESS = "ok"
_NO_FAILURE = frozenset({_SUCCESS, "Cancelled", "PermissionDenied"})
"""A followed log that was closed, and a change that somebody refused, count as calls but neither as successes nor as errors of the tool."""


def record_tools(connection: sqlite3.Connection, tools: Sequence[ToolRecord], now: float, ttl: float) -> None:
    """The catalogue as it stands now: tools of the same origins that are no longer in it leave the table."""
    seen, expires = format_rfc3339(now), format_rfc3339(now + ttl)
    connection.executemany(_TOOL, ((*_columns(tool), seen, seen, expires) for tool in tools))
    names = msgspec.json.encode([tool.name for tool in tools]).decode()
    origins = msgspec.json.encode(sorted({tool.origin for tool in tools})).decode()
    connection.execute(_OTHERS, (origins, names))


def _columns(tool: ToolRecord) -> tuple[object, ...]:
    lists = (tool.input_schema, tool.output_schema, tool.resource_types, tool.operation_types, tool.required_params, tool.optional_params)
    as_json = (msgspec.json.encode(each).decode() for each in lists)
    rest = (tool.scope, tool.output_format, tool.cache_friendly, tool.risk, tool.toolset, tool.origin)
    return (tool.name, tool.description, *as_json, *rest)


def trust_tools(connection: sqlite3.Connection, tools: Iterable[TrustedTool]) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO trusted_tools (name, definition, trusted_at) VALUES (?, ?, ?)", map(msgspec.structs.astuple, tools)
    )


def trusted_tools(connection: sqlite3.Connection) -> list[TrustedTool]:
    return [TrustedTool(*row) for row in connection.execute("SELECT name, definition, trusted_at FROM trusted_tools")]


def record_calls(connection: sqlite3.Connection, entries: Iterable[AuditEntry]) -> None:
    for entry in entries:
        arguments = msgspec.json.encode(entry.arguments).decode()
        who = (format_rfc3339(entry.at), entry.request_id, entry.caller, entry.face, entry.tool, arguments)
        connection.execute(_CALL, (*who, entry.phase, entry.outcome, entry.duration_ms, entry.error))
        if entry.phase == _COMPLETED:
            succeeded, failed = int(entry.outcome == _SUCCESS), int(entry.outcome not in _NO_FAILURE)
            use = {
                "tool": entry.tool,
                "succeeded": succeeded,
                "ms": entry.duration_ms or 0.0,
                "at": format_rfc3339(entry.at),
                "failed": failed,
            }
            connection.execute(_USE, use)


def audit(connection: sqlite3.Connection, limit: int) -> list[AuditEntry]:
    """The newest first."""
    found = connection.execute(
        "SELECT at, request_id, caller, face, tool, arguments, phase, outcome, duration_ms, error FROM audit ORDER BY id DESC LIMIT ?",
        (limit,),
    )
    return [
        AuditEntry(parse_rfc3339(at), request, caller, face, tool, msgspec.json.decode(arguments), *rest)
        for at, request, caller, face, tool, arguments, *rest in found
    ]


def tool_usage(connection: sqlite3.Connection) -> list[ToolUsage]:
    """The most used first."""
    found = connection.execute(
        "SELECT tool_name, usage_count, success_count, error_count, avg_response_time, last_used_at FROM tool_usage_stats"
        " ORDER BY usage_count DESC, tool_name"
    )
    return [ToolUsage(name, uses, good, bad, average, parse_rfc3339(last)) for name, uses, good, bad, average, last in found]


def record_figures(connection: sqlite3.Connection, figures: Iterable[tuple[float, str, float]]) -> None:
    connection.executemany("INSERT INTO figures (at, name, value) VALUES (?, ?, ?)", figures)


def figures(connection: sqlite3.Connection, name: str, since: float) -> list[tuple[float, float]]:
    """Oldest first."""
    return connection.execute("SELECT at, value FROM figures WHERE name = ? AND at >= ? ORDER BY at", (name, since)).fetchall()
