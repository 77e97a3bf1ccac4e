"""The oracle answers for built-in and for custom kinds."""

from pathlib import Path

import pytest

from tests.oracle.client import print_columns, print_objects

pytestmark = pytest.mark.real


def test_objects_get_the_servers_defaults_before_they_are_printed(printers_oracle: Path) -> None:
    obj = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}
    [printed] = print_objects(printers_oracle, [obj])
    assert dict(zip(printed.columns, printed.cells, strict=True)) | {"Age": ""} == {
        "Name": "web",
        "Ready": "0/1",
        "Up-to-date": 0,
        "Available": 0,
        "Age": "",
        "Containers": "",
        "Images": "",
        "Selector": "",
    }


def test_an_object_that_no_server_would_take_has_an_error(printers_oracle: Path) -> None:
    [printed] = print_objects(printers_oracle, [{"apiVersion": "v1", "kind": "Nothing"}])
    assert 'no kind "Nothing"' in printed.error


def test_printer_columns_are_read_by_kubernetes_own_json_path(printers_oracle: Path) -> None:
    columns = [{"name": "Last", "type": "integer", "jsonPath": ".spec.list[-1:]"}]
    [printed] = print_columns(printers_oracle, [(columns, [{"metadata": {"name": "a"}, "spec": {"list": [1, 2]}}])])
    assert printed.columns == ["Name", "Last"]
    assert printed.rows == [["a", 2]]
