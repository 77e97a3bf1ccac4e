"""Log profiles: what containers write. Each line is made from its own seeded random source, so that it never changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random

import msgspec

LineWriter = Callable[[Random, datetime], str]


@dataclass(frozen=True)
class LogProfile:
    """`write` makes one line, `every` is the average seconds between lines, `opening` holds the lines at start."""

    write: LineWriter
    every: float
    opening: tuple[str, ...] = ()


_PATHS = (
    "/",
    "/products/kettle-17",
    "/products/lamp-4",
    "/cart",
    "/search?q=lamp",
    "/static/app.js",
    "/api/v1/recommendations",
    "/healthz",
    "/login",
)
_AGENTS = ("Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1)", "shop-app/8.2", "kube-probe/1.36")
_TASKS = ("price update", "stock level", "invoice", "parcel label", "voucher", "picture")


def _access_line(rng: Random, at: datetime) -> str:
    status = rng.choices((200, 304, 302, 404, 500), (80, 9, 6, 4, 1))[0]
    client, path = f"10.64.{rng.randint(0, 5)}.{rng.randint(2, 250)}", rng.choice(_PATHS)
    when = at.strftime("%d/%b/%Y:%H:%M:%S +0000")
    size, agent, seconds = rng.randint(180, 48000), rng.choice(_AGENTS), rng.uniform(0.001, 0.4)
    return f'{client} - - [{when}] "GET {path} HTTP/1.1" {status} {size} "-" "{agent}" {seconds:.3f}'


def _json_line(rng: Random, at: datetime) -> str:
    level = rng.choices(("info", "debug", "warn", "error"), (86, 8, 5, 1))[0]
    message = {"warn": "slow upstream", "error": "upstream answered 502, retrying", "debug": "cache refreshed"}.get(level, "request done")
    entry = {
        "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": level,
        "msg": message,
        "method": rng.choice(("GET", "GET", "POST")),
        "path": rng.choice(_PATHS),
        "duration_ms": round(rng.uniform(2, 900 if level == "warn" else 120), 1),
        "trace_id": f"{rng.getrandbits(64):016x}",
    }
    return msgspec.json.encode(entry).decode()


def _java_line(rng: Random, at: datetime) -> str:
    step = rng.choice(("Loading settings", "Connecting to ledger", "Preparing templates", "Warming up number sequences"))
    return (
        f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03d} INFO  [main] example.shop.invoices.Main - {step} ({rng.randint(3, 900)} ms)"
    )


def _java_info_line(rng: Random, at: datetime) -> str:
    when = f"{at:%Y-%m-%dT%H:%M:%S},{at.microsecond // 1000:03d}"
    return f"[{when}][INFO ][o.o.c.AllocationService] shard [products][{rng.randint(0, 11)}] merged, {rng.randint(4, 90)} MB"


def _error_line(rng: Random, at: datetime) -> str:
    problem = rng.choice(("dial tcp 10.96.44.12:5432: connect: connection refused", "context deadline exceeded", "no healthy upstream"))
    return f"{at:%Y-%m-%dT%H:%M:%SZ} ERROR readiness: dependency database is not usable: {problem} (attempt {rng.randint(1, 40)})"


def _worker_line(rng: Random, at: datetime) -> str:
    task = f"{rng.choice(_TASKS)} {rng.randint(1000, 99999)}"
    return f"{at:%Y-%m-%d %H:%M:%S} INFO worker-{rng.randint(1, 4)}: {task} done in {rng.randint(8, 700)} ms"


def _klog_line(rng: Random, at: datetime) -> str:
    source = rng.choice(("reflector.go:436", "controller.go:221", "proxier.go:812", "leaderelection.go:260"))
    message = rng.choice(("Caches populated", "Sync complete", "Renewed lease", "Endpoints changed"))
    return f'I{at:%m%d %H:%M:%S}.{at.microsecond:06d}       1 {source}] "{message}" elapsed="{rng.randint(1, 90)}ms"'


def _logfmt_line(rng: Random, at: datetime) -> str:
    message = rng.choice(("compaction finished", "query done", "wal segment loaded", "rule group evaluated"))
    when = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
    return f'ts={when} level=info caller=main.go:{rng.randint(100, 900)} msg="{message}" duration={rng.randint(1, 900)}ms'


def _postgres_line(rng: Random, at: datetime) -> str:
    what = f"duration: {rng.uniform(200, 2400):.3f} ms  statement: FETCH 100 FROM order_cursor"
    if rng.random() < 0.3:
        what = f"checkpoint complete: wrote {rng.randint(20, 900)} buffers"
    return f"{at:%Y-%m-%d %H:%M:%S}.000 UTC [{rng.randint(60, 900)}] LOG:  {what}"


def _redis_line(rng: Random, at: datetime) -> str:
    return f"1:M {at:%d %b %Y %H:%M:%S}.{at.microsecond // 1000:03d} * {rng.randint(10, 900)} changes in 60 seconds. Saving..."


def _dns_line(rng: Random, _at: datetime) -> str:
    name = rng.choice(("orders-db.shop", "cart-store.shop", "ledger.payments", "mail.shop.example"))
    client = f"10.64.{rng.randint(0, 5)}.{rng.randint(2, 250)}:{rng.randint(30000, 60000)}"
    return f'[INFO] {client} - "A IN {name}. udp 54" NOERROR qr,aa,rd 0.000{rng.randint(100, 900)}s'


def _plain_line(rng: Random, at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ} still here, {rng.randint(1, 900)} things seen"


PROFILES: Mapping[str, LogProfile] = {
    "": LogProfile(_plain_line, 10.0, ("starting", "ready")),
    "access": LogProfile(_access_line, 1.5, ("listening on :8080",)),
    "json": LogProfile(
        _json_line, 2.0, ('{"level":"info","msg":"configuration read"}', '{"level":"info","msg":"listening","address":":8080"}')
    ),
    "java": LogProfile(_java_line, 3.0, ("Picked up JAVA_TOOL_OPTIONS: -XX:MaxRAMPercentage=75",)),
    "java-info": LogProfile(_java_info_line, 6.0, ("[INFO ][o.o.n.Node] version[3.4.0], starting ...",)),
    "errors": LogProfile(_error_line, 5.0, ("starting; waiting for the database",)),
    "worker": LogProfile(_worker_line, 3.0, ("worker pool of 4 started",)),
    "klog": LogProfile(_klog_line, 20.0, ('"Starting"',)),
    "logfmt": LogProfile(_logfmt_line, 12.0, ('level=info msg="Starting"',)),
    "postgres": LogProfile(_postgres_line, 15.0, ("LOG:  database system is ready to accept connections",)),
    "redis": LogProfile(_redis_line, 60.0, ("1:M * Ready to accept connections tcp",)),
    "dns": LogProfile(_dns_line, 4.0, (".:53", "CoreDNS-1.12.4")),
}
