from hypothesis import given
from hypothesis import strategies as st

from k8sconsole.tui.widgets.columns import GAP, ColumnSpec, place_columns

POD = [
    ColumnSpec("NAMESPACE", 8, 24, rank=8),
    ColumnSpec("NAME", 16, 48, pinned=True, elide=True),
    ColumnSpec("READY", 5, 7, rank=10),
    ColumnSpec("STATUS", 12, 24),
    ColumnSpec("RESTARTS", 8, 16, rank=20),
    ColumnSpec("AGE", 4, 4),
    ColumnSpec("NODE", 8, 20, rank=70, wide=True),
    ColumnSpec("IMAGE", 12, 36, rank=80, wide=True),
]
SEEN = [9, 40, 3, 18, 10, 3, 12, 30]


def titles(room: int, seen: list[int] = SEEN) -> list[str]:
    return [POD[placed.at].title for placed in place_columns(POD, seen, room)]


def test_the_status_and_the_age_never_give_way() -> None:
    for room in range(36, 200):
        assert {"NAME", "STATUS", "AGE"} <= set(titles(room))


def test_columns_give_way_by_rank() -> None:
    assert titles(200) == [track.title for track in POD]
    assert "IMAGE" not in titles(118)
    assert "NODE" not in titles(90)
    assert "RESTARTS" not in titles(50)


def test_the_name_gives_up_its_middle_before_the_status_is_cut() -> None:
    widths = {POD[placed.at].title: placed.width for placed in place_columns(POD, SEEN, 77)}
    assert widths["STATUS"] == 18
    assert widths["NAME"] < 40


def test_a_wide_column_that_holds_nothing_is_not_shown() -> None:
    assert "NODE" not in titles(200, [*SEEN[:6], 0, 30])


def test_wide_shows_everything_at_its_full_width() -> None:
    assert len(place_columns(POD, SEEN, 20, everything=True)) == len(POD)


@given(st.integers(60, 250), st.lists(st.integers(0, 80), min_size=8, max_size=8))
def test_what_is_shown_always_fits(room: int, seen: list[int]) -> None:
    placed = place_columns(POD, seen, room)
    assert sum(one.width for one in placed) + GAP * (len(placed) - 1) <= room
