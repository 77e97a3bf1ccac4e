"""What a start pulls in, asked of real processes: a static graph cannot see a deferred import."""

import os
import subprocess
import sys

import pytest

SLOW = {"litellm", "mcp", "kubernetes", "textual", "aiohttp", "sqlite_utils", "keyring", "cryptography", "openai", "sqlcipher3"}


def loaded_by(code: str, *, stdin: bytes = b"", env: dict[str, str] | None = None) -> set[str]:
    """Top-level modules in sys.modules after ``code`` has run in a fresh process."""
    tail = "\nimport sys\nprint('\\n@@' + ' '.join(sorted({n.split('.')[0] for n in sys.modules})), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code + tail], input=stdin, capture_output=True, timeout=60, check=True, env={**os.environ, **(env or {})}
    )
    return set(done.stderr.decode().rsplit("@@", 1)[1].split())


def run_command(*words: str) -> str:
    return f"import sys, k8sconsole.cli.main as m\ntry:\n    m.main({list(words)!r})\nexcept SystemExit:\n    pass"


def test_importing_the_package_imports_nothing() -> None:
    bare = loaded_by("pass")
    assert loaded_by("import k8sconsole") - bare == {"k8sconsole"}


@pytest.mark.parametrize("words", [("version",), ("--help",), ("config", "show"), ("config", "schema"), ("tui", "--help"), ("nonsense",)])
def test_a_light_command_starts_without_any_slow_library(words: tuple[str, ...]) -> None:
    assert not loaded_by(run_command(*words)) & SLOW


def test_the_cache_is_read_without_network_model_or_screen_libraries(tmp_path) -> None:
    loaded = loaded_by(run_command("cache", "status"), env={"CACHE_DB_PATH": str(tmp_path / "cache.db")})
    assert not loaded & {"litellm", "mcp", "kubernetes", "textual", "aiohttp", "openai", "keyring", "sqlcipher3"}


def test_the_stdio_server_imports_neither_the_screen_nor_the_model(tmp_path) -> None:
    env = {"CACHE_DB_PATH": str(tmp_path / "cache.db"), "KUBECONFIG": "", "HOME": str(tmp_path)}
    loaded = loaded_by(run_command("mcp", "--no-scan"), env=env)
    assert "mcp" in loaded
    assert not loaded & {"textual", "litellm", "openai", "kubernetes"}


def test_tools_are_called_and_counted_without_the_library_that_tells_the_counts() -> None:
    assert "prometheus_client" not in loaded_by("import k8sconsole.tools.pipeline.pipeline, k8sconsole.telemetry.exposition")


def test_the_console_starts_without_mcp_the_kubernetes_library_or_the_model() -> None:
    assert not loaded_by("import k8sconsole.tui.app") & {"mcp", "kubernetes", "litellm", "openai", "aiohttp", "sqlite_utils"}
