"""Checks each part of the installation and names the remedy for what is broken."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from k8sconsole.config import paths
from k8sconsole.config.attached_servers import enabled_servers
from k8sconsole.config.loader import load_settings, resolve_db_path
from k8sconsole.config.settings import Settings
from k8sconsole.errors import ConsoleError
from k8sconsole.kit.clock import SystemClock
from k8sconsole.kit.descriptors import descriptor_limit
from k8sconsole.model.attached_servers import AttachedServerState, AttachedServerStatus
from k8sconsole.model.clusters import ContextInfo, describe_clock_skew
from k8sconsole.model.tools import Face
from k8sconsole.runtime.cluster_pool import ClusterPool, Opening, choose_contexts, find_contexts, has_kubeconfig

CONNECT_WITHIN = 10.0
_FEW_FILES = 1024


class DoctorFinding(msgspec.Struct, frozen=True):
    """The result of one check. exit_code: the command's exit code for this finding alone; 0 where nothing is broken."""

    subject: str
    glyph: str
    detail: str
    remedy: str = ""
    exit_code: int = 0


async def check_installation(contexts: tuple[str, ...], *, connect: bool) -> list[DoctorFinding]:
    """Never raises for what it checks: each failure is a finding. connect: reach the clusters and the attached servers."""
    findings = [_check_python(), _check_terminal(), _check_descriptors(), _run_check("themes and scenarios", _check_shipped_files)]
    settings = Settings()
    try:
        loaded = load_settings()
        settings = loaded.settings
        findings.append(DoctorFinding("settings", "●", str(loaded.file or "no file; environment and defaults")))
    except ConsoleError as problem:
        findings.append(_broken("settings", problem))
    servers = asyncio.create_task(_check_servers(settings, connect))
    findings.append(await _check_cache(settings))
    findings.extend(await _check_clusters(settings, contexts, connect))
    return [*findings, *await servers]


async def _check_servers(settings: Settings, connect: bool) -> list[DoctorFinding]:
    """Starts the attached MCP servers, checks them and stops them."""
    named = enabled_servers(settings)
    if not named or not connect:
        return [DoctorFinding(f"server {one.name}", "○", f"{one.url or one.command}: not started") for one in named]
    from k8sconsole.tools.mcp_client.servers import AttachedServers
    from k8sconsole.tools.registry import Registry

    attachments = AttachedServers(named, Registry(()), None, SystemClock(), lambda fact: None)
    logging.getLogger("k8sconsole").addHandler(logging.NullHandler())  # each problem is a finding already
    states = await attachments.settle()
    await attachments.close()
    return [_server_finding(state) for state in states]


def _server_finding(state: AttachedServerStatus) -> DoctorFinding:
    if state.state is AttachedServerState.READY:
        return DoctorFinding(f"server {state.name}", "●", f"{state.tools} tools" + (f"; {state.detail}" if state.detail else ""))
    return DoctorFinding(f"server {state.name}", "✗", state.detail, "k8sconsole tools servers --wait 30", 3)


def _check_python() -> DoctorFinding:
    return DoctorFinding("python", "●", sys.version.split()[0])


def _check_terminal() -> DoctorFinding:
    encoding = (sys.stdout.encoding or "").lower()
    detail = f"TERM={os.environ.get('TERM', '')} {encoding}"
    if "utf" not in encoding:
        return DoctorFinding("terminal", "▲", f"{detail}: glyphs are shown in ASCII", "a UTF-8 locale, such as LANG=C.UTF-8")
    return DoctorFinding("terminal", "●", detail)


def _check_descriptors() -> DoctorFinding:
    limit = descriptor_limit()
    if limit < _FEW_FILES:
        why = f"at most {limit}: a cluster with many kinds has more of them watched in turns, and several clusters even more"
        return DoctorFinding("open files", "▲", why, "ulimit -n 4096, before the start")
    return DoctorFinding("open files", "●", f"at most {limit}")


def _check_shipped_files() -> str:
    missing = [name for name in ("themes", "data/scenarios") if not paths.share_dir(name).is_dir()]
    if missing:
        raise ConsoleError(f"{', '.join(missing)} not found", "the installation is incomplete", "install the package again")
    return "found"


async def _check_cache(settings: Settings) -> DoctorFinding:
    from k8sconsole.runtime.cache_file.key import find_key
    from k8sconsole.store.sqlite.open import open_store

    path = resolve_db_path(settings)
    if not path.exists():
        writable = os.access(_nearest_folder(path), os.W_OK)
        return DoctorFinding(
            "cache", "○" if writable else "✗", f"{path}: not created yet", "" if writable else "another CACHE_DB_PATH", 0 if writable else 1
        )
    try:
        store = await open_store(path, timeout=2.0, key=await find_key(settings.cache, path))
        status, scans = await store.status(), await store.metadata.scan_states()
        await store.close()
    except ConsoleError as problem:
        return _broken("cache", problem)
    polled = [state.poll_interval for state in scans if state.poll_interval]
    turns = f"; {len(polled)} kinds polled every {max(polled):.0f} s" if polled else ""
    note = f"; {status.note}" if status.note else ""
    return DoctorFinding("cache", "●", f"{path}: {status.objects} objects, {status.on_disk / 1e6:.1f} MB{turns}{note}")


def _nearest_folder(path: Path) -> Path:
    return next(parent for parent in path.parents if parent.exists())


async def _check_clusters(settings: Settings, wanted: tuple[str, ...], connect: bool) -> list[DoctorFinding]:
    if not has_kubeconfig():
        return [DoctorFinding("kubeconfig", "○", "none found", "k8sconsole demo, or set KUBECONFIG")]
    try:
        contexts = await asyncio.to_thread(find_contexts, settings.cluster)
        offered = contexts.list()
        chosen = choose_contexts(Opening(load_settings(environment={}), Face.CLI, contexts=wanted), offered, contexts.current)
    except ConsoleError as problem:
        return [_broken("kubeconfig", problem)]
    findings = [DoctorFinding("kubeconfig", "●", f"{contexts.origin()}: {len(offered)} contexts")]
    findings += [_broken_context(info) for info in offered if info.problem and info.name in chosen]
    findings += [
        DoctorFinding(info.name, "▲", info.warning, "https:// in the kubeconfig")
        for info in offered
        if info.warning and info.name in chosen
    ]
    if not connect:
        return findings
    pool = ClusterPool(contexts)
    for name in chosen:
        findings += await _check_cluster(pool, next(info for info in offered if info.name == name))
    await pool.close()
    return findings


async def _check_cluster(pool: ClusterPool, info: ContextInfo) -> list[DoctorFinding]:
    try:
        async with asyncio.timeout(CONNECT_WITHIN):
            cluster = await pool.get(info.name)
            version = await cluster.version()
            found = await cluster.discover()
    except ConsoleError as problem:
        return [_broken(info.name, problem)]
    except TimeoutError:
        why = f"{info.server} did not answer within {CONNECT_WITHIN:.0f} s"
        return [DoctorFinding(info.name, "✗", why, f"curl -k {info.server}/readyz, and check the network or VPN", 3)]
    clock = describe_clock_skew(cluster.clock_skew or 0.0)
    return [
        DoctorFinding(info.name, "●", f"{info.server}: {version.git_version}"),
        *(_silent_group(info.name, group, why) for group, why in sorted(found.missing.items())),
        *([DoctorFinding(f"{info.name} clock", "▲", clock, "timedatectl status, here and on the API server")] if clock else []),
    ]


def _silent_group(context: str, group: str, why: str) -> DoctorFinding:
    name, _, version = group.rpartition("/")
    return DoctorFinding(f"{context} {group}", "▲", f"{why}; its kinds are stale", f"kubectl describe apiservice {version}.{name}")


def _broken_context(info: ContextInfo) -> DoctorFinding:
    return DoctorFinding(info.name, "✗", info.problem, "kubectl config view", 2)


def _run_check(subject: str, check: Callable[[], str]) -> DoctorFinding:
    try:
        return DoctorFinding(subject, "●", check())
    except ConsoleError as problem:
        return _broken(subject, problem)


def _broken(subject: str, problem: ConsoleError) -> DoctorFinding:
    detail = f"{problem.title} — {problem.detail}" if problem.detail else problem.title
    return DoctorFinding(subject, "✗", detail, problem.remedy, problem.exit_code)
