"""What the console needs before its first row: little."""

import subprocess
import sys


def test_starting_the_console_loads_no_network_and_no_model_library() -> None:
    code = "import sys, k8sconsole.tui.app; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())
    assert "textual" in loaded
    assert not loaded & {
        "mcp",
        "mcp_types",
        "kubernetes",
        "aiohttp",
        "litellm",
        "openai",
        "cryptography",
        "keyring",
        "structlog",
        "watchdog",
        "sqlite_utils",
    }


def test_the_console_imports_no_cluster_and_no_store() -> None:
    code = "import sys, k8sconsole.tui.app; print(*(name for name in sys.modules if name.startswith('k8sconsole.')))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not [
        name for name in loaded if name.startswith(("k8sconsole.cluster", "k8sconsole.store", "k8sconsole.scanner", "k8sconsole.tools"))
    ]
