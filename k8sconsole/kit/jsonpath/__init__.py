"""JSONPath: the dialect of Kubernetes' printer columns, and the paths that people type into filters and ``fields``.

One parser and one evaluator serve both. A printer column is evaluated as the API server does it: the first value counts, and a step that
cannot be applied leaves the cell empty. A typed path takes every value that it finds, and skips what it cannot be applied to.
"""

from k8sconsole.kit.jsonpath.parser import PathError
from k8sconsole.kit.jsonpath.paths import compile_path, find_values, parse_column_path
from k8sconsole.kit.jsonpath.value_text import print_value

__all__ = ["PathError", "compile_path", "find_values", "parse_column_path", "print_value"]
