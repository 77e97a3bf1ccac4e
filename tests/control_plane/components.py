"""The command line of each program: one function per program, from a site to its arguments.

The flags are described in the reference of each program on kubernetes.io, etcd.io and kwok.sigs.k8s.io.
"""

from collections.abc import Iterable
from pathlib import Path

from tests.control_plane.site import Site

# Test loads create thousands of objects. The defaults (20 to 30 requests a second) are meant for a shared server.
_UNHURRIED = ("--kube-api-qps=500", "--kube-api-burst=1000")


def etcd(program: Path, site: Site) -> list[str]:
    """Flags of etcd. Test data need not survive a power failure, so nothing is synced to disk."""
    client, peer = (f"http://127.0.0.1:{port}" for port in (site.ports.etcd, site.ports.peer))
    return [
        str(program),
        f"--data-dir={site.folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
        "--quota-backend-bytes=8589934592",
        "--log-level=warn",
    ]


def apiserver(program: Path, site: Site, extra: Iterable[str]) -> list[str]:
    """Flags of the API server: client certificates or service account tokens, Node and RBAC authorisation. ``extra`` flags come last."""
    return [
        str(program),
        f"--etcd-servers=http://127.0.0.1:{site.ports.etcd}",
        f"--secure-port={site.ports.apiserver}",
        "--bind-address=127.0.0.1",
        "--advertise-address=192.0.2.1",  # written into an endpoint, never called; without it a machine off the network cannot start it
        f"--tls-cert-file={site.server.certificate}",
        f"--tls-private-key-file={site.server.key}",
        f"--client-ca-file={site.authority.pair.certificate}",
        f"--service-account-key-file={site.service_accounts.certificate}",
        f"--service-account-signing-key-file={site.service_accounts.key}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-cluster-ip-range=10.0.0.0/16",
        "--authorization-mode=Node,RBAC",
        "--allow-privileged=true",
        "--max-requests-inflight=2000",
        "--max-mutating-requests-inflight=1000",
        *_aggregation(site),
        *extra,
    ]


def _aggregation(site: Site) -> list[str]:
    """Flags that let the server proxy requests to metrics-server."""
    return [
        f"--requestheader-client-ca-file={site.authority.pair.certificate}",
        "--requestheader-allowed-names=aggregator",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={site.aggregator.certificate}",
        f"--proxy-client-key-file={site.aggregator.key}",
    ]


def controller_manager(program: Path, site: Site) -> list[str]:
    """Flags of the controller manager: every controller except node IPAM, which kwok replaces."""
    return [
        str(program),
        f"--kubeconfig={site.kubeconfig}",
        f"--service-account-private-key-file={site.service_accounts.key}",
        f"--root-ca-file={site.authority.pair.certificate}",
        f"--cluster-signing-cert-file={site.authority.pair.certificate}",
        f"--cluster-signing-key-file={site.authority.pair.key}",
        "--controllers=*,-nodeipam",
        # While ten thousand pods are made on two cores, kwok's heartbeats come late; a node called lost after the usual
        # 50 s would mark its pods unready, and kwok never marks them ready again.
        "--node-monitor-grace-period=10m",
        "--leader-elect=false",
        "--secure-port=0",
        *_UNHURRIED,
    ]


def scheduler(program: Path, site: Site) -> list[str]:
    """Flags of the default scheduler. There is only one, so it needs no leader election."""
    return [str(program), f"--kubeconfig={site.kubeconfig}", "--leader-elect=false", "--secure-port=0", *_UNHURRIED]


def kwok(program: Path, site: Site, configuration: Path) -> list[str]:
    """The kubelet of every node; its address goes into the nodes that are created after it started."""
    return [
        str(program),
        f"--kubeconfig={site.kubeconfig}",
        f"--config={configuration}",
        "--manage-all-nodes=true",
        f"--server-address=127.0.0.1:{site.ports.kwok}",
        "--node-ip=127.0.0.1",
        f"--node-port={site.ports.kwok}",
        f"--tls-cert-file={site.server.certificate}",
        f"--tls-private-key-file={site.server.key}",
        "--cidr=10.100.0.0/14",
        # Every node renews its lease four times in this span: 500 nodes at the usual 40 s would be 50 writes a second.
        "--node-lease-duration-seconds=200",
    ]


def metrics_server(program: Path, site: Site) -> list[str]:
    """Flags of metrics-server. It accepts only the aggregator of the API server."""
    authority = site.authority.pair.certificate
    kubeconfig = site.kubeconfig
    return [
        str(program),
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--bind-address=127.0.0.1",
        f"--secure-port={site.ports.metrics}",
        f"--tls-cert-file={site.server.certificate}",
        f"--tls-private-key-file={site.server.key}",
        "--kubelet-insecure-tls",
        "--kubelet-use-node-status-port",
        "--kubelet-preferred-address-types=InternalIP",
        "--metric-resolution=10s",
        "--kubelet-request-timeout=5s",
        "--authentication-skip-lookup=true",
        f"--client-ca-file={authority}",
        f"--requestheader-client-ca-file={authority}",
        "--requestheader-allowed-names=aggregator",
    ]
