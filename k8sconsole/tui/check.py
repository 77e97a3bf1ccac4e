"""The console without a terminal: opened, watched until it shows rows, and closed. For ``demo --check``."""

import asyncio
import time

from k8sconsole.config.settings import Settings
from k8sconsole.runtime.api import ConsoleApi
from k8sconsole.tui.app import ConsoleApp
from k8sconsole.tui.widgets.virtual_table import VirtualTable

WITHIN = 8.0


async def count_shown_rows(console: ConsoleApi, settings: Settings) -> int:
    """How many rows the first table shows once it shows any; 0 when none came within eight seconds."""
    app = ConsoleApp(console, settings)
    async with app.run_test(size=(120, 40)):
        deadline = time.monotonic() + WITHIN
        while time.monotonic() < deadline:
            # The header is a line of the table too.
            shown = max((table.virtual_size.height - 1 for table in app.screen.query(VirtualTable)), default=0)
            if shown > 0:
                return shown
            await asyncio.sleep(0.05)
    return 0
