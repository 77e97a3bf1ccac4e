"""What a filter leaves of the rows in memory."""

import string

from hypothesis import given
from hypothesis import strategies as st

from k8sconsole.model.filters import RowSubject, build_predicate, parse_filter
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ClusterName, Namespace, ObjectRef, ResourceName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tables import find_table
from k8sconsole.tui.browse.row_model import RowModel, row_key

PODS = next(one for one in BUILTIN if one.name == "pods")
TABLE = find_table(PODS)
PARTS = st.text(alphabet=string.ascii_letters[:6] + "-ẞ", min_size=1, max_size=4)
WORDS = st.text(alphabet=string.ascii_letters[:6], min_size=1, max_size=3)


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    found = []
    for number in range(draw(st.integers(0, 12))):
        cells: list[object] = [None] * len(TABLE.columns)
        cells[TABLE.index("STATUS") or 0] = draw(PARTS)
        cells[TABLE.index("NODE") or 0] = draw(st.none() | PARTS)
        name, space = draw(PARTS), Namespace(draw(PARTS))
        found.append(Row(ClusterName("here"), ResourceName("pods"), space, name, f"uid-{number}", "1", 0.0, 0.0, {}, "", tuple(cells)))
    return found


@given(rows(), st.lists(WORDS, min_size=1, max_size=4))
def test_a_word_keeps_the_rows_that_its_filter_matches(given_rows: list[Row], words: list[str]) -> None:
    held = RowModel(TABLE, lambda: 0.0)
    held.replace(given_rows)
    for word in words:
        held.narrow(parse_filter(word))
        decide = build_predicate(parse_filter(word), 0.0)
        assert set(held.keys) == {row_key(row) for row in given_rows if decide(RowSubject(row, TABLE))}


@given(rows(), WORDS)
def test_a_row_that_changed_is_searched_as_it_is_now(given_rows: list[Row], word: str) -> None:
    held = RowModel(TABLE, lambda: 0.0)
    held.replace(given_rows)
    held.narrow(parse_filter(word))
    renewed = [
        Row(row.cluster, row.resource, row.namespace, row.name, row.uid, "2", 0.0, 1.0, {}, "", (word,) * len(row.cells))
        for row in given_rows
    ]
    held.apply(renewed, ())
    assert set(held.keys) == {row_key(row) for row in renewed}


def _pod(uid: str) -> Row:
    cells: tuple[object, ...] = (None,) * len(TABLE.columns)
    return Row(ClusterName("here"), ResourceName("pods"), Namespace("shop"), "web-0", uid, "1", 0.0, 0.0, {}, "", cells)


def test_a_pod_that_took_over_a_name_leaves_no_ghost_of_the_one_before() -> None:
    now = 0.0
    held = RowModel(TABLE, lambda: now)
    held.replace([_pod("old")])
    assert held.apply([_pod("new")], [])
    assert held.total == 1
    assert held.sign(row_key(_pod("old"))) == "gone", "struck out for a moment, as any deletion is"
    now = 3.0
    held.settle()
    assert held.keys == [row_key(_pod("new"))]


def test_a_deletion_of_an_earlier_object_does_not_take_its_successor() -> None:
    held = RowModel(TABLE, lambda: 0.0)
    held.replace([_pod("new")])
    assert not held.apply([], [ObjectRef(ClusterName("here"), ResourceName("pods"), Namespace("shop"), "web-0", "old")])
    assert held.total == 1
