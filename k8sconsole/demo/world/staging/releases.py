"""Helm releases, stored as Helm stores them: one secret per revision with the release as JSON, compressed and encoded twice.

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


def release_secrets(release: ChartRelease, now: datetime) -> Iterator[tuple[str, Json]]:
    """Yield each revision's age, such as `20d`, and its secret."""
    for number, revision in enumerate(release.revisions, 1):
        status = revision.status or ("deployed" if number == len(release.revisions) else "superseded")
        at = now - parse_duration(revision.at)
        labels = {"modifiedAt": str(int(at.timestamp())), "name": release.name, "owner": "helm", "status": status, "version": str(number)}
        meta = {"name": f"sh.helm.release.v1.{release.name}.v{number}", "namespace": release.namespace, "labels": labels}
        packed = base64.b64encode(gzip.compress(msgspec.json.encode(_build_release(release, number, revision, status, now)), mtime=0))
        data = {"release": base64.b64encode(packed).decode()}
        yield revision.at, {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": "helm.sh/release.v1", "data": data}


def _build_release(release: ChartRelease, number: int, revision: ChartRevision, status: str, now: datetime) -> Json:
    first, last = (_format_helm_time(now - parse_duration(one.at)) for one in (release.revisions[0], revision))
    description = revision.description or ("Install complete" if number == 1 else "Upgrade complete")
    metadata = {"name": release.chart, "version": revision.version, "appVersion": revision.app, "apiVersion": "v2", "type": "application"}
    return {
        "name": release.name,
        "info": {"first_deployed": first, "last_deployed": last, "deleted": "", "description": description, "status": status},
        "chart": {"metadata": metadata, "lock": None, "templates": [], "values": release.defaults, "schema": None, "files": []},
        "config": revision.values,
        "manifest": "",
        "version": number,
        "namespace": release.namespace,
    }


def _format_helm_time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
