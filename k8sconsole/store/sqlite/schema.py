"""The tables and views, created by migrations. A released migration never changes; new ones are added after it.

The views have the names and columns that docs/store.md promises. Times in the tables underneath are seconds since the epoch; in the views
and in the tables that people query they are ISO 8601 text in UTC.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

SCHEMA_VERSION = 7
"""PRAGMA user_version of the files that this program writes: the number of migrations."""

APPLICATION_ID = 0x6B387363
"""PRAGMA application_id of the files that this program writes. It distinguishes them from other programs' databases."""

_CACHE = """
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counters VALUES ('revision', 0), ('scan', 0), ('forgotten', 0);

CREATE TABLE kinds (
    id INTEGER PRIMARY KEY, cluster TEXT NOT NULL, resource TEXT NOT NULL, ttl REAL NOT NULL,
    status TEXT NOT NULL DEFAULT 'pending', last_scan_at REAL, next_scan_at REAL, confirmed_at REAL, error TEXT NOT NULL DEFAULT '',
    record_count INTEGER NOT NULL DEFAULT 0, resource_version TEXT NOT NULL DEFAULT '', watching INTEGER NOT NULL DEFAULT 0,
    missing TEXT NOT NULL DEFAULT '[]', seconds REAL NOT NULL DEFAULT 0, created_at REAL NOT NULL, updated_at REAL NOT NULL,
    UNIQUE (resource, cluster)
);
CREATE TABLE layouts (id INTEGER PRIMARY KEY, columns TEXT NOT NULL UNIQUE);
CREATE TABLE objects (
    id INTEGER PRIMARY KEY, kind_id INTEGER NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, uid TEXT NOT NULL,
    resource_version TEXT NOT NULL, created_at REAL NOT NULL, observed_at REAL NOT NULL, first_seen_at REAL NOT NULL,
    revision INTEGER NOT NULL, layout_id INTEGER NOT NULL, owner TEXT NOT NULL, labels TEXT NOT NULL, cells TEXT NOT NULL, extra TEXT
);
CREATE UNIQUE INDEX objects_by_name ON objects (kind_id, namespace, name);
CREATE INDEX objects_by_revision ON objects (kind_id, revision);
CREATE TABLE bodies (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE gone (
    kind_id INTEGER NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, uid TEXT NOT NULL, revision INTEGER NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (kind_id, namespace, name)
) WITHOUT ROWID;
CREATE INDEX gone_by_revision ON gone (kind_id, revision);
CREATE TABLE api_resources (cluster TEXT NOT NULL, name TEXT NOT NULL, spec TEXT NOT NULL, PRIMARY KEY (cluster, name)) WITHOUT ROWID;

CREATE TABLE clusters (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, version TEXT NOT NULL, api_server TEXT NOT NULL, node_count INTEGER NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, ttl_expires_at TEXT NOT NULL
);
CREATE TABLE mcp_tools (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT, input_schema TEXT, output_schema TEXT, resource_types TEXT,
    operation_types TEXT, required_params TEXT, optional_params TEXT, scope TEXT, output_format TEXT, cache_friendly INTEGER, risk TEXT,
    toolset TEXT, origin TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, ttl_expires_at TEXT NOT NULL
);
CREATE TABLE tool_usage_stats (
    id INTEGER PRIMARY KEY, tool_name TEXT NOT NULL UNIQUE,
    usage_count INTEGER NOT NULL DEFAULT 0, success_count INTEGER NOT NULL DEFAULT 0,
    error_count INTEGER NOT NULL DEFAULT 0, avg_response_time REAL NOT NULL DEFAULT 0.0, last_used_at TEXT,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL
);
CREATE TABLE audit (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, request_id TEXT NOT NULL, caller TEXT NOT NULL, face TEXT NOT NULL, tool TEXT NOT NULL,
    arguments TEXT NOT NULL, phase TEXT NOT NULL, outcome TEXT NOT NULL, duration_ms REAL, error TEXT NOT NULL
);
CREATE TABLE figures (name TEXT NOT NULL, at REAL NOT NULL, value REAL NOT NULL);
CREATE INDEX figures_by_name ON figures (name, at);
CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, expires_at REAL NOT NULL) WITHOUT ROWID;
"""

_REQUESTS = "CREATE TABLE requests (cluster TEXT PRIMARY KEY, asked INTEGER NOT NULL) WITHOUT ROWID"

_IDENTITY = "ALTER TABLE clusters ADD COLUMN identity TEXT NOT NULL DEFAULT ''"

_HISTORY = """
ALTER TABLE objects ADD COLUMN changed_at REAL NOT NULL DEFAULT 0;
ALTER TABLE objects ADD COLUMN life_id INTEGER;
UPDATE objects SET changed_at = observed_at;
ALTER TABLE kinds ADD COLUMN looked_at REAL;
ALTER TABLE kinds ADD COLUMN known_since REAL;
ALTER TABLE kinds ADD COLUMN horizon TEXT NOT NULL DEFAULT '';
ALTER TABLE kinds ADD COLUMN trimmed_until REAL;
ALTER TABLE kinds ADD COLUMN trimmed TEXT NOT NULL DEFAULT '';
UPDATE kinds SET looked_at = (julianday('now') - 2440587.5) * 86400.0, known_since = (julianday('now') - 2440587.5) * 86400.0
    WHERE confirmed_at IS NOT NULL;
INSERT INTO counters VALUES ('history', 0);

CREATE TABLE lives (
    id INTEGER PRIMARY KEY, kind_id INTEGER NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, uid TEXT NOT NULL,
    created_at REAL NOT NULL, first_seen_at REAL NOT NULL, owner TEXT NOT NULL, keyframe_id INTEGER
);
CREATE INDEX lives_by_name ON lives (kind_id, namespace, name);
CREATE TABLE keyframes (
    id INTEGER PRIMARY KEY, layout_id INTEGER NOT NULL, owner TEXT NOT NULL, labels TEXT NOT NULL, cells TEXT NOT NULL, body BLOB NOT NULL
);
CREATE TABLE versions (
    id INTEGER PRIMARY KEY, life_id INTEGER NOT NULL, kind_id INTEGER NOT NULL, at REAL NOT NULL, change INTEGER NOT NULL,
    resource_version, by_id INTEGER, paths_id INTEGER,
    began REAL, state_version, keyframe_id INTEGER, cells TEXT, patch BLOB
);
CREATE INDEX versions_by_life ON versions (life_id);
CREATE INDEX versions_by_kind ON versions (kind_id, at, began);
CREATE INDEX versions_by_time ON versions (at);
CREATE INDEX versions_by_change ON versions (kind_id, change, at);
CREATE TABLE words (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE samples (id INTEGER PRIMARY KEY, kind_id INTEGER NOT NULL, made_of INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE gaps (id INTEGER PRIMARY KEY, kind_id INTEGER NOT NULL, began REAL NOT NULL, ended REAL, reason TEXT NOT NULL);
CREATE INDEX gaps_by_kind ON gaps (kind_id, began);
"""
"""A row of versions is one change of an object, at the time ``at``.

change, resource_version, by_id and paths_id describe the change. began, state_version, keyframe_id, cells and patch hold the state that
ended with it. The present state is in objects. See docs/history.md.
"""

_COVERAGE = """
ALTER TABLE kinds ADD COLUMN namespaces TEXT NOT NULL DEFAULT '[]';
ALTER TABLE clusters ADD COLUMN clock_skew REAL NOT NULL DEFAULT 0;
ALTER TABLE clusters ADD COLUMN silent_groups TEXT NOT NULL DEFAULT '{}'
"""

_TRUST = "CREATE TABLE trusted_tools (name TEXT PRIMARY KEY, definition TEXT NOT NULL, trusted_at REAL NOT NULL) WITHOUT ROWID"


_POLL_INTERVAL = "ALTER TABLE kinds ADD COLUMN poll_interval REAL NOT NULL DEFAULT 0"


def _iso(seconds: str) -> str:
    return f"strftime('%Y-%m-%dT%H:%M:%fZ', {seconds}, 'unixepoch')"


_TIMES = f"""{_iso("o.first_seen_at")} AS created_at, {_iso("o.observed_at")} AS updated_at,
    {_iso("max(o.observed_at, ifnull(k.confirmed_at, 0)) + k.ttl")} AS ttl_expires_at"""
"""A row expires one TTL after it was last confirmed: by its own write, or by a scan of its whole kind."""


def _kind_view(view: str, columns: str) -> str:
    return f"""CREATE VIEW {view} AS SELECT o.id AS id, k.cluster AS cluster_name, {columns}, {_TIMES}
        FROM kinds k JOIN objects o ON o.kind_id = k.id WHERE k.resource = '{view}'"""  # noqa: S608 - constants of this module only


VIEWS = (
    _kind_view("namespaces", "o.name AS name, o.extra ->> 'status' AS status, o.labels AS labels, o.extra -> 'annotations' AS annotations"),
    _kind_view(
        "nodes",
        """o.name AS name, o.extra ->> 'status' AS status, o.extra -> 'roles' AS roles, o.extra -> 'capacity' AS capacity,
        o.extra -> 'allocatable' AS allocatable, o.labels AS labels, o.extra -> 'taints' AS taints""",
    ),
    _kind_view(
        "pods",
        """o.namespace AS namespace, o.name AS name, o.extra ->> 'status' AS status, o.extra ->> 'phase' AS phase,
        o.extra ->> 'node_name' AS node_name, o.labels AS labels, o.extra -> 'containers' AS containers""",
    ),
    _kind_view(
        "services",
        """o.namespace AS namespace, o.name AS name, o.extra ->> 'type' AS type, o.extra ->> 'cluster_ip' AS cluster_ip,
        o.extra ->> 'external_ip' AS external_ip, o.extra -> 'ports' AS ports, o.extra -> 'selector' AS selector""",
    ),
    f"""CREATE VIEW cache_metadata AS SELECT id, resource AS table_name, cluster AS cluster_name, {_iso("last_scan_at")} AS last_scan_at,
        {_iso("next_scan_at")} AS next_scan_at, status AS scan_status, error AS error_message, record_count,
        {_iso("confirmed_at")} AS confirmed_at, watching, missing, seconds, {_iso("created_at")} AS created_at,
        {_iso("updated_at")} AS updated_at FROM kinds""",  # noqa: S608 - constants of this module only
)


def migrations() -> "Migrations":
    """All steps from an empty file to SCHEMA_VERSION.

    Importing sqlite_utils takes 136 ms, so it is imported only for a file that needs a step. Files record the names of the steps they
    have applied, so a name never changes.
    """
    from sqlite_utils import Migrations

    steps = Migrations("k8sconsole")

    scripts = {
        "lay_the_cache": (*_CACHE.split(";\n"), *VIEWS),
        "hear_requests": (_REQUESTS,),
        "tell_clusters_apart": (_IDENTITY,),
        "remember": _HISTORY.split(";\n"),
        "know_trusted_tools": (_TRUST,),
        "add_coverage": _COVERAGE.split(";\n"),
        "add_poll_interval": (_POLL_INTERVAL,),
    }
    for name, statements in scripts.items():
        steps(name=name)(_executor(statements))
    return steps


def _executor(statements: Sequence[str]) -> "Callable[[Database], None]":
    def execute(database: "Database") -> None:
        for statement in statements:
            if statement.strip():
                database.execute(statement)

    return execute
