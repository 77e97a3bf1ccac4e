"""The words of the first row for a cluster whose kinds are not all watched."""

import pytest

from k8sconsole.model.events import ClusterState, ConnectionState
from k8sconsole.model.refs import ClusterName
from k8sconsole.tui.visuals.cluster_status import cluster_status_line, connection_piece
from k8sconsole.tui.visuals.glyphs import UNICODE


@pytest.mark.parametrize(
    ("in_turns", "interval", "words"),
    [(0, 0.0, "● live"), (439, 60.0, "● live, 439 kinds every 1m"), (547, 1080.0, "◑ partial: 547 kinds only every 18m")],
)
def test_kinds_that_are_read_in_turns_are_counted_and_rare_turns_are_not_live(in_turns: int, interval: float, words: str) -> None:
    state = ClusterState(ClusterName("c"), ConnectionState.LIVE, in_turns=in_turns, poll_interval=interval)
    assert connection_piece(state, 0.0, UNICODE).text == words


@pytest.mark.parametrize(("skew", "words"), [(3600.0, "clock 1h ahead"), (-90.0, "clock 1m behind"), (4.0, "")])
def test_a_clock_that_differs_by_more_than_five_seconds_is_shown(skew: float, words: str) -> None:
    name = ClusterName("c")
    state = ClusterState(name, ConnectionState.LIVE, clock_skew=skew)
    line = "".join(piece.text for piece in cluster_status_line((name,), {name: state}, (), 0.0, UNICODE, read_only=False))
    assert words in line
    assert ("clock" in line) == bool(words)
