-- A cache as the program wrote it at schema version 3: three pods, one scan, one figure.
PRAGMA application_id = 1798861667;
PRAGMA user_version = 3;
BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'k8sconsole','lay_the_cache','2026-11-26 16:13:05.701831+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'k8sconsole','hear_requests','2026-11-26 16:13:05.702480+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'k8sconsole','tell_clusters_apart','2026-11-26 16:13:05.703962+00:00');
CREATE TABLE api_resources (cluster TEXT NOT NULL, name TEXT NOT NULL, spec TEXT NOT NULL, PRIMARY KEY (cluster, name)) WITHOUT ROWID;
CREATE TABLE audit (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, request_id TEXT NOT NULL, caller TEXT NOT NULL, face TEXT NOT NULL, tool TEXT NOT NULL,
    arguments TEXT NOT NULL, phase TEXT NOT NULL, outcome TEXT NOT NULL, duration_ms REAL, error TEXT NOT NULL
);
CREATE TABLE bodies (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
INSERT INTO "bodies" VALUES(1,X'28B52FFD20553D020032840E1690B5E942A106A4C389B6F6C3948AAD6333519DFF5C026B7D60003115DB870A382B1BA56C0A470C12478C71071DAC87B37DA5B8B29B25CD2BAB03004165CD73C8784D27');
INSERT INTO "bodies" VALUES(2,X'28B52FFD20553D020032840E1690B5E942A106A4C389B6F6C3948AAD6B6AA0ACFF58026B7D60003115DB870A382B1BA56C0A470C12478C71071DAC87B37DA5B8B29B25CD2BAB03004165CD73C8784D27');
INSERT INTO "bodies" VALUES(3,X'28B52FFD20553D020032840E1690B5E942A106A4C389B6F6C3948AAD07F3519DFF5C026B7D60003115DB870A382B1BA56C0A470C12478C71071DAC87B37DA5B8B29B25CD2BAB03004165CD73C8784D27');
CREATE TABLE clusters (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, version TEXT NOT NULL, api_server TEXT NOT NULL, node_count INTEGER NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, ttl_expires_at TEXT NOT NULL
, identity TEXT NOT NULL DEFAULT '');
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "counters" VALUES('forgotten',0);
INSERT INTO "counters" VALUES('revision',1);
INSERT INTO "counters" VALUES('scan',1);
CREATE TABLE figures (name TEXT NOT NULL, at REAL NOT NULL, value REAL NOT NULL);
INSERT INTO "figures" VALUES('hit',1.0,1.0);
CREATE TABLE gone (
    kind_id INTEGER NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, uid TEXT NOT NULL, revision INTEGER NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (kind_id, namespace, name)
) WITHOUT ROWID;
CREATE TABLE kinds (
    id INTEGER PRIMARY KEY, cluster TEXT NOT NULL, resource TEXT NOT NULL, ttl REAL NOT NULL,
    status TEXT NOT NULL DEFAULT 'pending', last_scan_at REAL, next_scan_at REAL, confirmed_at REAL, error TEXT NOT NULL DEFAULT '',
    record_count INTEGER NOT NULL DEFAULT 0, resource_version TEXT NOT NULL DEFAULT '', watching INTEGER NOT NULL DEFAULT 0,
    missing TEXT NOT NULL DEFAULT '[]', seconds REAL NOT NULL DEFAULT 0, created_at REAL NOT NULL, updated_at REAL NOT NULL,
    UNIQUE (resource, cluster)
);
INSERT INTO "kinds" VALUES(1,'here','pods',300.0,'pending',NULL,NULL,NULL,'',0,'',0,'[]',0.0,1000.0,1000.0);
CREATE TABLE layouts (id INTEGER PRIMARY KEY, columns TEXT NOT NULL UNIQUE);
INSERT INTO "layouts" VALUES(1,'["NAME","READY","STATUS","RESTARTS","AGE","IP","NODE","NOMINATED NODE","READINESS GATES","OWNER","CPU/R","CPU/L","MEM/R","MEM/L","IMAGE"]');
CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, expires_at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE mcp_tools (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT, input_schema TEXT, output_schema TEXT, resource_types TEXT,
    operation_types TEXT, required_params TEXT, optional_params TEXT, scope TEXT, output_format TEXT, cache_friendly INTEGER, risk TEXT,
    toolset TEXT, origin TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, ttl_expires_at TEXT NOT NULL
);
CREATE TABLE objects (
    id INTEGER PRIMARY KEY, kind_id INTEGER NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, uid TEXT NOT NULL,
    resource_version TEXT NOT NULL, created_at REAL NOT NULL, observed_at REAL NOT NULL, first_seen_at REAL NOT NULL,
    revision INTEGER NOT NULL, layout_id INTEGER NOT NULL, owner TEXT NOT NULL, labels TEXT NOT NULL, cells TEXT NOT NULL, extra TEXT
);
INSERT INTO "objects" VALUES(1,1,'a','p0','uid-a-p0','1',100.0,1000.0,1000.0,1,1,'','{"app":"p0"}','["p0",[1,1],"Running",[0,null],100.0,null,null,null,null,null,null,null,null,null,null]',NULL);
INSERT INTO "objects" VALUES(2,1,'a','p1','uid-a-p1','1',100.0,1000.0,1000.0,1,1,'','{"app":"p1"}','["p1",[1,1],"Running",[0,null],100.0,null,null,null,null,null,null,null,null,null,null]',NULL);
INSERT INTO "objects" VALUES(3,1,'a','p2','uid-a-p2','1',100.0,1000.0,1000.0,1,1,'','{"app":"p2"}','["p2",[1,1],"Running",[0,null],100.0,null,null,null,null,null,null,null,null,null,null]',NULL);
CREATE TABLE requests (cluster TEXT PRIMARY KEY, asked INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE tool_usage_stats (
    id INTEGER PRIMARY KEY, tool_name TEXT NOT NULL UNIQUE,
    usage_count INTEGER NOT NULL DEFAULT 0, success_count INTEGER NOT NULL DEFAULT 0,
    error_count INTEGER NOT NULL DEFAULT 0, avg_response_time REAL NOT NULL DEFAULT 0.0, last_used_at TEXT,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL
);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE UNIQUE INDEX objects_by_name ON objects (kind_id, namespace, name);
CREATE INDEX objects_by_revision ON objects (kind_id, revision);
CREATE INDEX gone_by_revision ON gone (kind_id, revision);
CREATE INDEX figures_by_name ON figures (name, at);
CREATE VIEW namespaces AS SELECT o.id AS id, k.cluster AS cluster_name, o.name AS name, o.extra ->> 'status' AS status, o.labels AS labels, o.extra -> 'annotations' AS annotations, strftime('%Y-%m-%dT%H:%M:%fZ', o.first_seen_at, 'unixepoch') AS created_at, strftime('%Y-%m-%dT%H:%M:%fZ', o.observed_at, 'unixepoch') AS updated_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', max(o.observed_at, ifnull(k.confirmed_at, 0)) + k.ttl, 'unixepoch') AS ttl_expires_at
        FROM kinds k JOIN objects o ON o.kind_id = k.id WHERE k.resource = 'namespaces';
CREATE VIEW nodes AS SELECT o.id AS id, k.cluster AS cluster_name, o.name AS name, o.extra ->> 'status' AS status, o.extra -> 'roles' AS roles, o.extra -> 'capacity' AS capacity,
        o.extra -> 'allocatable' AS allocatable, o.labels AS labels, o.extra -> 'taints' AS taints, strftime('%Y-%m-%dT%H:%M:%fZ', o.first_seen_at, 'unixepoch') AS created_at, strftime('%Y-%m-%dT%H:%M:%fZ', o.observed_at, 'unixepoch') AS updated_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', max(o.observed_at, ifnull(k.confirmed_at, 0)) + k.ttl, 'unixepoch') AS ttl_expires_at
        FROM kinds k JOIN objects o ON o.kind_id = k.id WHERE k.resource = 'nodes';
CREATE VIEW pods AS SELECT o.id AS id, k.cluster AS cluster_name, o.namespace AS namespace, o.name AS name, o.extra ->> 'status' AS status, o.extra ->> 'phase' AS phase,
        o.extra ->> 'node_name' AS node_name, o.labels AS labels, o.extra -> 'containers' AS containers, strftime('%Y-%m-%dT%H:%M:%fZ', o.first_seen_at, 'unixepoch') AS created_at, strftime('%Y-%m-%dT%H:%M:%fZ', o.observed_at, 'unixepoch') AS updated_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', max(o.observed_at, ifnull(k.confirmed_at, 0)) + k.ttl, 'unixepoch') AS ttl_expires_at
        FROM kinds k JOIN objects o ON o.kind_id = k.id WHERE k.resource = 'pods';
CREATE VIEW services AS SELECT o.id AS id, k.cluster AS cluster_name, o.namespace AS namespace, o.name AS name, o.extra ->> 'type' AS type, o.extra ->> 'cluster_ip' AS cluster_ip,
        o.extra ->> 'external_ip' AS external_ip, o.extra -> 'ports' AS ports, o.extra -> 'selector' AS selector, strftime('%Y-%m-%dT%H:%M:%fZ', o.first_seen_at, 'unixepoch') AS created_at, strftime('%Y-%m-%dT%H:%M:%fZ', o.observed_at, 'unixepoch') AS updated_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', max(o.observed_at, ifnull(k.confirmed_at, 0)) + k.ttl, 'unixepoch') AS ttl_expires_at
        FROM kinds k JOIN objects o ON o.kind_id = k.id WHERE k.resource = 'services';
CREATE VIEW cache_metadata AS SELECT id, resource AS table_name, cluster AS cluster_name, strftime('%Y-%m-%dT%H:%M:%fZ', last_scan_at, 'unixepoch') AS last_scan_at,
        strftime('%Y-%m-%dT%H:%M:%fZ', next_scan_at, 'unixepoch') AS next_scan_at, status AS scan_status, error AS error_message, record_count,
        strftime('%Y-%m-%dT%H:%M:%fZ', confirmed_at, 'unixepoch') AS confirmed_at, watching, missing, seconds, strftime('%Y-%m-%dT%H:%M:%fZ', created_at, 'unixepoch') AS created_at,
        strftime('%Y-%m-%dT%H:%M:%fZ', updated_at, 'unixepoch') AS updated_at FROM kinds;
COMMIT;
