"""A test fails when a view logged a failure that the test did not ask for: the console itself only shows it and goes on."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def no_unexpected_failure(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    if request.node.get_closest_marker("view_fails") is None:
        failed = [one for one in caplog.get_records("call") if one.name == "k8sconsole.tui" and one.levelno >= logging.ERROR]
        assert not failed, [one.exc_text or one.getMessage() for one in failed]
