"""Runs the commands on one cluster, and compares the replies of two clusters."""

from __future__ import annotations

import os
import secrets
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.kubectl import manifests
from tests.kubectl.commands import COMMANDS, Command
from tests.kubectl.masks import masked

_LONGEST = 120.0
_NO_METRICS = "Metrics API not available"


@dataclass(frozen=True)
class Outcome:
    """The exit code of a command (None if the runner ended it) and its masked output, errors included."""

    command: Command
    code: int | None
    text: str


@dataclass(frozen=True)
class Difference:
    command: str
    ours: str
    theirs: str
    known: str


class Run:
    """All commands on one cluster, in a namespace of their own."""

    def __init__(self, kubeconfig: Path, kubectl: str = "kubectl") -> None:
        self._kubectl = kubectl
        self._environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "KUBE_EDITOR": "", "LC_ALL": "C"}
        self._namespace = f"kubectl-{secrets.token_hex(3)}"

    def outcomes(self) -> Iterator[Outcome]:
        with tempfile.TemporaryDirectory(prefix="kubectl-") as folder:
            manifests.write(Path(folder), self._namespace)
            node = self._call(["get", "nodes", "-o", "jsonpath={.items[0].metadata.name}"], _LONGEST)[1].strip()
            places = {"ns": self._namespace, "dir": folder, "node": node}
            for command in COMMANDS:
                yield self._outcome(command, places)

    def _outcome(self, command: Command, places: dict[str, str]) -> Outcome:
        if command.settle:
            self._call(_words(command.settle, places), _LONGEST)
        if command.editor:
            self._environment["KUBE_EDITOR"] = f"sed -i '{command.editor}'"
        code, text = self._call(_words(command.words, places), command.seconds)
        lines = masked(text, {places["ns"]: "ns", places["dir"]: "dir", places["node"]: "node"}).splitlines()
        return Outcome(command, code, "\n".join(sorted(lines) if command.unordered else lines))

    def _call(self, words: list[str], seconds: float) -> tuple[int | None, str]:
        process = subprocess.Popen(
            [self._kubectl, *words], env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        try:
            text, _ = process.communicate(timeout=seconds or _LONGEST)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM)
            text, _ = process.communicate(timeout=10)
            return None if seconds else -1, text
        return process.returncode, text


def _words(text: str, places: dict[str, str]) -> list[str]:
    words = shlex.split(text.replace("{{", "\0").replace("}}", "\1"))
    for name, value in places.items():
        words = [word.replace(f"{{{name}}}", value) for word in words]
    return [word.replace("\0", "{").replace("\1", "}") for word in words]


def differences(ours: list[Outcome], theirs: list[Outcome]) -> list[Difference]:
    """Commands whose exit code or masked output differs. Of loose ones only the exit code is compared.

    A cluster without a metrics server says nothing about `top`.
    """
    found = []
    for one, other in zip(ours, theirs, strict=True):
        if _NO_METRICS in (one.text + other.text):
            continue
        same = one.code == other.code and (one.command.loose or one.text == other.text)
        if not same:
            found.append(Difference(one.command.words, f"[{one.code}]\n{one.text}", f"[{other.code}]\n{other.text}", one.command.known))
    return found
