"""JSONPath: the dialect of Kubernetes, which CRDs' printer columns are written in, and the paths that people type into filters and ``fields``.

One parser and one evaluator serve both. A printer column is evaluated as the API server does it: the first value counts, and a step that
cannot be applied leaves the cell empty. A typed path takes every value that it finds, and skips what it cannot be applied to.
"""

from k8sconsole.model.tables.jsonpath.paths import Template, compile_path, find_values, parse_template
from k8sconsole.model.tables.jsonpath.parser import PathError
from k8sconsole.model.tables.jsonpath.printing import print_value

__all__ = ["PathError", "Template", "compile_path", "find_values", "parse_template", "print_value"]
