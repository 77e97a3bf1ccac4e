"""``python -m tests.control_plane build|where|start``: the control plane from a shell."""

import argparse
import signal
import sys
import threading

from tests.control_plane import binaries
from tests.control_plane.build import build
from tests.control_plane.errors import BinariesMissing, ControlPlaneError, GoMissing
from tests.control_plane.plane import ControlPlane, Options

_USAGE = 2
_FAILED = 1


def main() -> int:
    """Run one command; returns its exit code: 0 done, 1 failed, 2 something this machine lacks."""
    arguments = _parser().parse_args()
    try:
        arguments.run(arguments)
    except (GoMissing, BinariesMissing) as error:
        print(f"error: {error}", file=sys.stderr)
        return _USAGE
    except ControlPlaneError as error:
        print(f"error: {error}", file=sys.stderr)
        return _FAILED
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.control_plane", description="A real Kubernetes for tests.")
    commands = parser.add_subparsers(required=True)
    building = commands.add_parser("build", help="compile what is missing into the user's cache directory")
    building.set_defaults(run=_build)
    showing = commands.add_parser("where", help="print where each program is")
    showing.set_defaults(run=_where)
    starting = commands.add_parser("start", help="run a control plane until Ctrl-C")
    starting.add_argument("--name", default="control-plane", help="name of the context (default: %(default)s)")
    starting.add_argument("--nodes", type=int, default=3, help="simulated nodes (default: %(default)s)")
    starting.add_argument(
        "--apiserver-flag", action="append", default=[], help="one more flag for kube-apiserver, as --apiserver-flag=--x=y"
    )
    starting.set_defaults(run=_start)
    for command in (building, starting):
        command.add_argument("--with-metrics-server", action="store_true", help="metrics.k8s.io too (150 s more to build)")
    return parser


def _build(arguments: argparse.Namespace) -> None:
    build(with_metrics_server=arguments.with_metrics_server)


def _where(_: argparse.Namespace) -> None:
    for program in binaries.PROGRAMS:
        absent = "not built (optional)" if program.optional else "not built"
        print(f"{program.name:<24} {binaries.locate(program.name) or absent}")
    binaries.require(*binaries.REQUIRED)


def _start(arguments: argparse.Namespace) -> None:
    options = Options(
        name=arguments.name,
        nodes=arguments.nodes,
        metrics_server=arguments.with_metrics_server,
        apiserver_flags=tuple(arguments.apiserver_flag),
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ControlPlane(options) as plane:
        print(f"export KUBECONFIG={plane.kubeconfig}")
        print(f"{plane.url} is ready, logs in {plane.site.logs}; Ctrl-C ends it and removes everything", file=sys.stderr, flush=True)
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
