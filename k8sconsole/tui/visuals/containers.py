"""The containers of a pod, from its body as the cache keeps it."""

from typing import Any

import msgspec

from k8sconsole.kit.clock import parse_rfc3339
from k8sconsole.kit.text import format_age
from k8sconsole.model.tables import Health, grade_status
from k8sconsole.tui.visuals.cells import ROLE, glyph_of
from k8sconsole.tui.visuals.glyphs import Glyphs
from k8sconsole.tui.widgets.columns import ColumnSpec
from k8sconsole.tui.widgets.paint import Piece

COLUMNS = (
    ColumnSpec("NAME", 8, 40, pinned=True, elide=True),
    ColumnSpec("TYPE", 4, 9, rank=40),
    ColumnSpec("READY", 5, 5, rank=10),
    ColumnSpec("STATE", 12, 28),
    ColumnSpec("RESTARTS", 5, 16, rank=20, right=True),
    ColumnSpec("PORTS", 5, 24, rank=60),
    ColumnSpec("IMAGE", 12, 60, rank=50, elide=True),
)


class ContainerRow(msgspec.Struct, frozen=True):
    name: str
    type: str
    ready: bool
    state: str
    restarts: int
    last_restart: float | None
    ports: str
    image: str

    def pieces(self, now: float, glyphs: Glyphs) -> list[Piece]:
        grade = grade_status(self.state) if self.ready or self.state != "Running" else Health.WARN
        ago = f" ({format_age(now - self.last_restart)})" if self.restarts and self.last_restart else ""
        return [
            Piece(self.name), Piece(self.type, "muted"), Piece("true" if self.ready else "false", "text" if self.ready else "warn"),
            Piece(f"{glyph_of(grade, glyphs)} {self.state}".strip(), ROLE[grade]), Piece(f"{self.restarts}{ago}"),
            Piece(self.ports, "muted"), Piece(self.image, "muted"),
        ]  # fmt: skip


def list_containers(pod: dict[str, Any]) -> list[ContainerRow]:
    """Init containers first, as they run."""
    spec, status = pod.get("spec") or {}, pod.get("status") or {}
    lines: list[ContainerRow] = []
    for kind, declared, reported in (
        ("init", "initContainers", "initContainerStatuses"), ("app", "containers", "containerStatuses"),
        ("ephemeral", "ephemeralContainers", "ephemeralContainerStatuses"),
    ):  # fmt: skip
        states = {one.get("name"): one for one in status.get(reported) or ()}
        lines += [_line(one, kind, states.get(one.get("name")) or {}) for one in spec.get(declared) or ()]
    return lines


def _line(declared: dict[str, Any], kind: str, status: dict[str, Any]) -> ContainerRow:
    ports = ",".join(f"{port.get('containerPort')}/{port.get('protocol', 'TCP')}" for port in declared.get("ports") or ())
    ended = ((status.get("lastState") or {}).get("terminated") or {}).get("finishedAt")
    sidecar = kind == "init" and declared.get("restartPolicy") == "Always"
    return ContainerRow(
        str(declared.get("name", "")), "sidecar" if sidecar else kind, bool(status.get("ready")), _state(status.get("state") or {}),
        int(status.get("restartCount") or 0), parse_rfc3339(ended) if ended else None, ports, str(declared.get("image", "")),
    )  # fmt: skip


def _state(state: dict[str, Any]) -> str:
    for word, shown in (("running", "Running"), ("waiting", "Waiting"), ("terminated", "Completed")):
        if word in state:
            reason = (state[word] or {}).get("reason")
            return str(reason or shown)
    return "Waiting"
