"""How much of the package is tested, where a limit says so."""

from tests.architecture import measures
from tests.architecture.measures import LIMITS


def test_the_command_line_has_three_lines_of_tests_for_ten_of_its_own() -> None:
    assert measures.share_of_tests("cli", "unit/cli") >= LIMITS.cli_tests


def test_the_store_has_three_lines_of_tests_for_ten_of_its_own() -> None:
    share = measures.share_of_tests("store", "unit/store", "contract/test_store_contract.py", "contract/store_objects.py")
    assert share >= LIMITS.store_tests


def test_the_console_is_pictured_sixty_times_at_least() -> None:
    assert measures.snapshots() >= LIMITS.snapshots
