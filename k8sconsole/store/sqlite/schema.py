"""The tables, laid by migrations that are only ever added to. ``views`` holds the seed's tables that are read out of these.

Times are seconds since the epoch in the inner tables and ISO 8601 text wherever a person's SELECT is expected.
"""

from typing import TYPE_CHECKING

from k8sconsole.store.sqlite.views import VIEWS

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

SCHEMA_VERSION = 5
"""PRAGMA user_version of a file this program writes: how many migrations it holds."""

APPLICATION_ID = 0x6B387363
"""PRAGMA application_id of our files, so that nobody else's database is taken for one."""

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
"""A row of versions is written when something happened to an object, at ``at``: what began there (change, resource_version, by, paths), and
what ended there (began, state_version, keyframe, cells and patch); the present state is in objects. See docs/history.md."""

_TRUST = "CREATE TABLE trusted_tools (name TEXT PRIMARY KEY, definition TEXT NOT NULL, trusted_at REAL NOT NULL) WITHOUT ROWID"


def migrations() -> "Migrations":
    """Every step from an empty file to SCHEMA_VERSION. sqlite_utils costs 136 ms to import, which only a file that needs a step pays."""
    from sqlite_utils import Migrations

    steps = Migrations("k8sconsole")

    def lay_the_cache(database: "Database") -> None:
        for statement in (*_CACHE.split(";\n"), *VIEWS):
            if statement.strip():
                database.execute(statement)

    def hear_requests(database: "Database") -> None:
        database.execute(_REQUESTS)

    def tell_clusters_apart(database: "Database") -> None:
        database.execute(_IDENTITY)

    def remember(database: "Database") -> None:
        for statement in _HISTORY.split(";\n"):
            if statement.strip():
                database.execute(statement)

    def know_trusted_tools(database: "Database") -> None:
        database.execute(_TRUST)

    steps(name="lay_the_cache")(lay_the_cache)
    steps(name="hear_requests")(hear_requests)
    steps(name="tell_clusters_apart")(tell_clusters_apart)
    steps(name="remember")(remember)
    steps(name="know_trusted_tools")(know_trusted_tools)
    return steps
