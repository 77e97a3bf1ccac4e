"""Small calm code: sizes and shapes that grow are noticed. The limits are in ``measures.LIMITS``."""

import ast

from tests.architecture import measures
from tests.architecture.measures import LIMITS, name_of


def test_no_function_is_over_forty_lines_without_a_reason_beside_it() -> None:
    too_long = [
        f"{name_of(path)}:{node.lineno} {node.name} has {length} lines"
        for path, node, length in measures.functions()
        if length > LIMITS.longest_function and not measures.has_reason(path, node)
    ]
    assert not too_long


def test_the_median_function_is_under_ten_lines() -> None:
    assert measures.median_function() <= LIMITS.median_function


def test_no_class_has_more_than_forty_methods_counted_through_its_bases() -> None:
    counts = {name: measures.methods_through_bases(name) for name in measures.classes()}
    assert not {name: count for name, count in counts.items() if count > LIMITS.methods}


def test_no_file_has_more_than_450_lines() -> None:
    assert not {name_of(path): lines for path, lines in measures.modules().items() if lines > LIMITS.largest_file}


def test_fewer_than_one_module_in_ten_is_a_fragment_of_forty_lines_or_less() -> None:
    small = measures.small_modules()
    assert len(small) / len(measures.modules()) < LIMITS.small_share, sorted(map(name_of, small))


def test_every_package_opens_with_its_charter() -> None:
    silent = [name_of(path) for path, tree in measures.trees().items() if path.name == "__init__.py" and not ast.get_docstring(tree)]
    assert not silent


def test_no_six_lines_of_code_are_written_twice() -> None:
    assert not measures.twins()


def test_every_definition_is_used() -> None:
    assert not measures.unused_definitions()
