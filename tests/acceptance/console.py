"""The console on a terminal, driven by its keys."""

import contextlib
from collections.abc import Iterator

from tests.acceptance.program import COMMAND, Program
from tests.acceptance.terminal import Screen, Terminal, on_terminal

F2, F3, F4, F5 = "\x1bOQ", "\x1bOR", "\x1bOS", "\x1b[15~"
ESCAPE, ENTER, CTRL_C, CTRL_D = "\x1b", "\r", "\x03", "\x04"


class ConsoleSession:
    """Every method waits until its effect is on the screen of ``terminal``."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal

    @property
    def header(self) -> str:
        return self.terminal.screen.lines[0]

    def wait_until_live(self, within: float = 60.0) -> float:
        """Seconds until the header says live."""
        return self.terminal.wait(lambda screen: "● live" in screen.lines[0], within)

    def enter_command(self, words: str) -> None:
        """Enters a command without its colon, such as ``pods team-a``."""
        self._prompt(":", words)

    def enter_filter(self, words: str) -> None:
        self._prompt("/", words)

    def wait_for_breadcrumbs(self, *crumbs: str) -> None:
        """Waits until the second row of the screen shows these breadcrumbs."""
        self.terminal.wait(lambda screen: all(crumb in screen.lines[1] for crumb in crumbs))

    def press(self, keys: str) -> str:
        """Types keys. Returns the screen afterwards."""
        self.terminal.type(keys)
        return self.terminal.settle()

    def quit(self) -> int:
        """Enters ``:q``. Returns the exit code."""
        self.terminal.type(":")
        self.terminal.wait(_prompt_shows(":"))
        self.terminal.type(f"q{ENTER}")
        return self.terminal.exit_code()

    def _prompt(self, sign: str, words: str) -> None:
        self.terminal.type(sign)
        self.terminal.wait(_prompt_shows(sign))
        self.terminal.type(words)
        self.terminal.wait(_prompt_shows(f"{sign} {words}"))
        self.terminal.type(ENTER)
        self.terminal.wait(lambda screen: not _prompt_shows(sign)(screen))


def _prompt_shows(text: str):
    """A condition: one of the lowest rows begins with ``text``, spaces ignored."""

    def is_shown(screen: Screen) -> bool:
        return any(line.replace(" ", "").startswith(text.replace(" ", "")) for line in screen.lines[-3:])

    return is_shown


@contextlib.contextmanager
def console(program: Program, *arguments: str, rows: int = 24, columns: int = 80) -> Iterator[ConsoleSession]:
    with on_terminal([*COMMAND, *arguments], program.env, rows=rows, columns=columns) as terminal:
        yield ConsoleSession(terminal)
