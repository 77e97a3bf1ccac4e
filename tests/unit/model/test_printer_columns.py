"""A CRD's printer columns: the dialect of JSONPath that Kubernetes has, and the cells that its table converter makes of it."""

from typing import Any

import msgspec
import pytest

from k8sconsole.kit.jsonpath import PathError, compile_path, find_values
from k8sconsole.model.refs import ApiResource
from k8sconsole.model.tables import KindTable, PrinterColumn, find_table, format_cell

WIDGET = ApiResource("example.com", "v1", "Widget", "widgets", True)
NOW = 1_795_316_400.0  # 2026-11-22T03:00:00Z
BODY: dict[str, Any] = {
    "metadata": {"name": "w", "labels": {"a.b/c": "dotted"}, "creationTimestamp": "2026-11-22T01:00:00Z"},
    "spec": {
        "name": "own",
        "size": 3,
        "ratio": 1.5,
        "million": 1500000.5,
        "on": True,
        "none": None,
        "list": [1, 2, 3],
        "names": ["a", "b"],
        "empty": [],
        "deep": {"b": {"x": "found"}},
        "tree": {"b": "<1>", "a": [1.5, None]},
    },
    "status": {
        "conditions": [{"type": "Synced", "status": "False", "weight": 1}, {"type": "Ready", "status": "True", "weight": 5, "note": "n"}],
        "expires": "2027-11-22T03:00:00Z",
        "since": "2026-11-22T02:00:00.5Z",
        "words": "tomorrow",
    },
}


def texts(*columns: PrinterColumn) -> list[str]:
    table = find_table(WIDGET, columns)
    return cells_of(table)[1 : len(columns) + 1]


def cells_of(table: KindTable) -> list[str]:
    row = table.project(msgspec.json.encode(BODY))
    return [format_cell(column, cell, NOW) for column, cell in zip(table.columns, row.cells, strict=True)]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (".spec.list[-1:]", "3"),
        (".spec.list[]", "1"),
        (".spec.list[1:3]", "2"),
        (".spec.list[2,0]", "3"),
        (".spec.list[::2]", "1"),
        (".spec.list[7]", ""),
        (".spec.names[*]", "a"),
        (".spec..x", "found"),
        (r".metadata.labels['a\.b/c']", "dotted"),
        (".metadata.labels['a.b/c']", ""),  # two keys, as in Kubernetes
        (".status.conditions[?(@.weight>1)].type", "Ready"),
        (".status.conditions[?(@.note)].type", "Ready"),
        ('.status.conditions[?(@.type=="Ready")].status', "True"),
        ('.status.conditions[?(@.weight=="5")].type', ""),  # a number is no text
        (".spec.none", "<no value>"),
        (".spec.million", "1.5000005e+06"),
        (".spec.tree", r'{"a":[1.5,null],"b":"\u003c1\u003e"}'),
        (".spec.empty[*]", ""),
    ],
)
def test_a_text_column_shows_the_first_value_as_the_table_converter_prints_it(path: str, shown: str) -> None:
    assert texts(PrinterColumn("X", "string", path)) == [shown]


@pytest.mark.parametrize(
    ("kind", "path", "shown"),
    [
        ("date", ".status.expires", "<invalid>"),  # in the future
        ("date", ".status.words", "<invalid>"),
        ("date", ".status.since", "59m"),
        ("date", ".spec.size", ""),
        ("integer", ".spec.ratio", "1"),
        ("integer", ".spec.name", ""),
        ("number", ".spec.size", "3"),
        ("number", ".spec.ratio", "1.5"),
        ("boolean", ".spec.on", "true"),
        ("boolean", ".spec.name", ""),
        ("integer", ".spec.on", ""),
    ],
)
def test_a_typed_column_shows_only_values_of_its_type(kind: str, path: str, shown: str) -> None:
    assert texts(PrinterColumn("X", kind, path)) == [shown]


def test_columns_named_name_and_age_read_their_own_paths() -> None:
    table = find_table(WIDGET, (PrinterColumn("Name", "string", ".spec.name"), PrinterColumn("Age", "integer", ".spec.size")))
    assert [column.name for column in table.columns] == ["NAME", "NAME", "AGE"]
    assert cells_of(table) == ["w", "own", "3"]
    assert (table.index("name"), table.index("name-2"), table.index("age")) == (0, 1, 2)


def test_a_path_that_kubernetes_cannot_parse_ends_the_columns() -> None:
    columns = (
        PrinterColumn("A", "string", ".spec.name"),
        PrinterColumn("B", "string", ".spec.list[x]"),
        PrinterColumn("C", "string", ".spec"),
    )
    assert [column.name for column in find_table(WIDGET, columns).columns] == ["NAME", "A", "AGE"]


def test_a_column_whose_path_changed_under_the_same_name_has_another_layout() -> None:
    before, after = (find_table(WIDGET, (PrinterColumn("Size", "string", path),)) for path in (".spec.size", ".spec.name"))
    assert before.layout != after.layout
    assert before.unique_names == after.unique_names


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("spec.names[*]", ["a", "b"]),
        ("{.spec.list[-1]}", [3]),
        ("metadata.labels['a.b/c']", ["dotted"]),
        ('metadata.labels["a.b/c"]', ["dotted"]),
        ("status.conditions[?(@.weight=='5')].type", ["Ready"]),
        ("status.conditions[?(@.type==Ready)].type", ["Ready"]),
        ("status.conditions[*].note", ["n"]),
        ("spec.list[9]", []),
        ("..x", ["found"]),
    ],
)
def test_a_typed_path_takes_every_value_and_skips_what_does_not_fit(path: str, found: list[Any]) -> None:
    assert find_values(path, BODY) == found


@pytest.mark.parametrize("path", ["a b", "spec.", "spec.list[", "x=", "spec.'a'", "spec.list[?(@.a=1)]", "spec.list[x]"])
def test_a_typed_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(PathError):
        compile_path(path)
