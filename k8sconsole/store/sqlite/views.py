"""The seed's tables that are views: names and columns are promised, see docs/store.md."""


def _iso(seconds: str) -> str:
    return f"strftime('%Y-%m-%dT%H:%M:%fZ', {seconds}, 'unixepoch')"


_TIMES = f"""{_iso("o.first_seen_at")} AS created_at, {_iso("o.observed_at")} AS updated_at,
    {_iso("max(o.observed_at, ifnull(k.confirmed_at, 0)) + k.ttl")} AS ttl_expires_at"""
"""A row expires a TTL after it was last known to be true: when it was written, or when its whole kind was last confirmed."""


def _of_kind(view: str, columns: str) -> str:
    return f"""CREATE VIEW {view} AS SELECT o.id AS id, k.cluster AS cluster_name, {columns}, {_TIMES}
        FROM kinds k JOIN objects o ON o.kind_id = k.id WHERE k.resource = '{view}'"""  # noqa: S608 - constants of this module only


VIEWS = (
    _of_kind("namespaces", "o.name AS name, o.extra ->> 'status' AS status, o.labels AS labels, o.extra -> 'annotations' AS annotations"),
    _of_kind(
        "nodes",
        """o.name AS name, o.extra ->> 'status' AS status, o.extra -> 'roles' AS roles, o.extra -> 'capacity' AS capacity,
        o.extra -> 'allocatable' AS allocatable, o.labels AS labels, o.extra -> 'taints' AS taints""",
    ),
    _of_kind(
        "pods",
        """o.namespace AS namespace, o.name AS name, o.extra ->> 'status' AS status, o.extra ->> 'phase' AS phase,
        o.extra ->> 'node_name' AS node_name, o.labels AS labels, o.extra -> 'containers' AS containers""",
    ),
    _of_kind(
        "services",
        """o.namespace AS namespace, o.name AS name, o.extra ->> 'type' AS type, o.extra ->> 'cluster_ip' AS cluster_ip,
        o.extra ->> 'external_ip' AS external_ip, o.extra -> 'ports' AS ports, o.extra -> 'selector' AS selector""",
    ),
    f"""CREATE VIEW cache_metadata AS SELECT id, resource AS table_name, cluster AS cluster_name, {_iso("last_scan_at")} AS last_scan_at,
        {_iso("next_scan_at")} AS next_scan_at, status AS scan_status, error AS error_message, record_count,
        {_iso("confirmed_at")} AS confirmed_at, watching, missing, seconds, {_iso("created_at")} AS created_at,
        {_iso("updated_at")} AS updated_at FROM kinds""",  # noqa: S608 - constants of this module only
)
