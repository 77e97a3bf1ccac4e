"""The programs of a control plane, their versions, and their location on this machine.

They are looked for in ``KUBEBUILDER_ASSETS`` (the convention of controller-runtime's envtest), then in the user's cache
directory under their versions, so that all clones share one build and an upgrade never meets yesterday's files.
"""

import hashlib
import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.control_plane.errors import BinariesMissing

MODULE = Path(__file__).parent
KWOK = "0.7.0"
METRICS_SERVER = "0.9.0"


@dataclass(frozen=True)
class Program:
    """One binary: its Go package, and its own module version where it cannot share the module in this folder."""

    name: str
    package: str
    version: str | None = None
    optional: bool = False


def _digest(package: str) -> str:
    """A few digits that change with a program of this repository, whose builds no pinned version tells apart."""
    content = b"".join(path.read_bytes() for path in sorted((MODULE / package).glob("*.go")))
    return hashlib.sha256(content).hexdigest()[:8]


PRINTERS_ORACLE = f"printers-oracle-{_digest('oracle')}"
"""The program that prints objects as the API server's own printers do (``tests/oracle``)."""

PROGRAMS = (
    Program("etcd", "go.etcd.io/etcd/server/v3"),
    Program("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"),
    Program("kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager"),
    Program("kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler"),
    Program("kubectl", "k8s.io/kubernetes/cmd/kubectl"),
    Program(PRINTERS_ORACLE, "./oracle"),
    Program("kwok", "sigs.k8s.io/kwok/cmd/kwok", version=KWOK),
    Program("metrics-server", "sigs.k8s.io/metrics-server/cmd/metrics-server", version=METRICS_SERVER, optional=True),
)
REQUIRED = tuple(program.name for program in PROGRAMS if not program.optional)


@cache
def pinned(module: str) -> str:
    """The version, without its ``v``, at which go.mod requires a module."""
    found = re.search(rf"^\s*{re.escape(module)} v(\S+)", (MODULE / "go.mod").read_text(), re.MULTILINE)
    if found is None:
        raise LookupError(f"{module} is not required by {MODULE / 'go.mod'}")
    return found.group(1)


def versions() -> str:
    """The name of one build: every version that goes into it."""
    return f"kubernetes-{pinned('k8s.io/kubernetes')}_etcd-{pinned('go.etcd.io/etcd/server/v3')}_kwok-{KWOK}"


def cache_folder() -> Path:
    """Where builds of these versions are kept; it need not exist yet."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "k8sconsole" / "control-plane" / versions() / "bin"


def locate(name: str) -> Path | None:
    """The executable called ``name``, or None."""
    offered = os.environ.get("KUBEBUILDER_ASSETS")
    folders = [Path(offered)] if offered else []
    candidates = (folder / name for folder in (*folders, cache_folder()))
    return next((path for path in candidates if os.access(path, os.X_OK)), None)


def require(*names: str) -> dict[str, Path]:
    """The executables called ``names``; raises BinariesMissing with all that were not found."""
    found = {name: locate(name) for name in names}
    absent = [name for name, path in found.items() if path is None]
    if absent:
        raise _missing(absent)
    return {name: path for name, path in found.items() if path is not None}


def _missing(names: list[str]) -> BinariesMissing:
    if set(names) & set(REQUIRED):
        return BinariesMissing(names, "make control-plane, six minutes once per machine", optional=False)
    return BinariesMissing(names, "python -m tests.control_plane build --with-metrics-server", optional=True)
