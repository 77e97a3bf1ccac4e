"""What an error of the operating system does to the screen."""

import errno
from types import SimpleNamespace
from typing import Any

from k8sconsole.tui.error_policy import report_error
from k8sconsole.tui.messages import StatusMessage


def test_a_refusal_of_the_operating_system_is_a_message_with_a_remedy_and_no_failed_view() -> None:
    posted: list[StatusMessage] = []
    node: Any = SimpleNamespace(app=SimpleNamespace(post_message=posted.append))
    assert report_error(node, OSError(errno.EMFILE, "Too many open files"))
    said = f"{posted[0].title} {posted[0].detail}"
    assert "too many open files" in said
    assert "ulimit -n" in said
    assert "OSError" not in said
