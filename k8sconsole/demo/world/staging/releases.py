"""Helm's releases, kept as Helm keeps them: one secret a revision, in it the release as JSON, compressed and encoded twice.

https://helm.sh/docs/topics/advanced/#storage-backends
"""

import base64
import gzip
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from k8sconsole.demo.world.staging.scenario_file import ChartRelease, ChartRevision, parse_duration

Json = dict[str, Any]


def release_secrets(wanted: ChartRelease, now: datetime) -> Iterator[tuple[str, Json]]:
    """How long ago each revision was made, and its secret."""
    for number, revision in enumerate(wanted.revisions, 1):
        status = revision.status or ("deployed" if number == len(wanted.revisions) else "superseded")
        at = now - parse_duration(revision.at)
        labels = {"modifiedAt": str(int(at.timestamp())), "name": wanted.name, "owner": "helm", "status": status, "version": str(number)}
        meta = {"name": f"sh.helm.release.v1.{wanted.name}.v{number}", "namespace": wanted.namespace, "labels": labels}
        packed = base64.b64encode(gzip.compress(msgspec.json.encode(_build_release(wanted, number, revision, status, now)), mtime=0))
        data = {"release": base64.b64encode(packed).decode()}
        yield revision.at, {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": "helm.sh/release.v1", "data": data}


def _build_release(wanted: ChartRelease, number: int, revision: ChartRevision, status: str, now: datetime) -> Json:
    first, last = (_format_helm_time(now - parse_duration(one.at)) for one in (wanted.revisions[0], revision))
    said = revision.description or ("Install complete" if number == 1 else "Upgrade complete")
    about = {"name": wanted.chart, "version": revision.version, "appVersion": revision.app, "apiVersion": "v2", "type": "application"}
    return {
        "name": wanted.name,
        "info": {"first_deployed": first, "last_deployed": last, "deleted": "", "description": said, "status": status},
        "chart": {"metadata": about, "lock": None, "templates": [], "values": wanted.defaults, "schema": None, "files": []},
        "config": revision.values,
        "manifest": "",
        "version": number,
        "namespace": wanted.namespace,
    }


def _format_helm_time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
