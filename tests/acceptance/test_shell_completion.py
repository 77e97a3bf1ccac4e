"""What bash offers behind a half-typed line, with the completion script that the program installs."""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from k8sconsole.demo.server import DemoCluster
from tests.acceptance.program import ROOT, Program

BASH = shutil.which("bash")
pytestmark = [pytest.mark.long, pytest.mark.skipif(BASH is None, reason="there is no bash")]
Offers = Callable[[str], list[str]]


@pytest.fixture
def program(demo: DemoCluster, tmp_path: Path) -> Program:
    return Program(tmp_path / "program", demo.kubeconfig)


@pytest.fixture
def offers(program: Program, tmp_path: Path) -> Offers:
    """Returns COMPREPLY after the tab key behind a line."""
    command = tmp_path / "k8sconsole"
    command.write_text(f'#!/bin/sh\ncd {shlex.quote(str(ROOT))} && exec {shlex.quote(sys.executable)} -m k8sconsole "$@"\n')
    command.chmod(0o755)
    shown = f"{shlex.quote(str(command))} --show-completion; exit $?"  # bash stays, so that it is found among the parents
    reported = subprocess.run([str(BASH), "--norc", "-c", shown], env=program.env, capture_output=True, text=True, timeout=60)
    script = reported.stdout
    assert reported.returncode == 0, reported.stderr

    def typed(line: str) -> list[str]:
        words = line.split(" ")
        asked = f"{script}\nCOMP_WORDS=({' '.join(map(shlex.quote, words))}); COMP_CWORD={len(words) - 1}\n"
        asked += f'_k8sconsole_completion {shlex.quote(str(command))}; printf "%s\\n" "${{COMPREPLY[@]}}"'
        done = subprocess.run([str(BASH), "--norc", "-c", asked], env=program.env, capture_output=True, text=True, timeout=60)
        assert done.stderr == ""
        return done.stdout.split()

    return typed


def test_commands_kinds_names_namespaces_contexts_and_tools_are_offered(program: Program, offers: Offers) -> None:
    program.run("scan", "--once")
    assert offers("k8sconsole ge") == ["get"]
    assert "pods" in offers("k8sconsole get po")
    assert offers("k8sconsole get pods -n sh") == ["shop"]
    services = offers("k8sconsole get services -n shop ")
    assert "web" in services
    assert offers("k8sconsole get services -n shop we") == [name for name in services if name.startswith("we")]
    assert offers("k8sconsole get pods --context demo") == ["demo-calm-shop"]
    assert offers("k8sconsole tools call k8s_top_") == ["k8s_top_pods", "k8s_top_nodes"]
    assert "namespace=" in offers("k8sconsole tools call k8s_list_pods name")


def test_nothing_is_offered_or_printed_without_a_kubeconfig_or_cache(program: Program, offers: Offers) -> None:
    program.env["KUBECONFIG"] = str(program.folder / "nowhere")
    assert offers("k8sconsole get pods -n ") == []
    assert offers("k8sconsole get nonsense ") == []
    program.cache.parent.mkdir(parents=True, exist_ok=True)
    program.cache.write_bytes(b"this is no database")
    assert offers("k8sconsole get pods we") == []
