"""Quantities are shown, and stored by the demo, in the form that the API server keeps."""

from pathlib import Path

import pytest

from k8sconsole.demo.api.admission.quantities import keep_quantity
from k8sconsole.model.quantities import canonical_quantity
from tests.oracle.client import fill_defaults
from tests.oracle.dice import Dice

_UNITS = ("", "", "n", "u", "m", "k", "M", "G", "T", "P", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E3", "e-3", "e2", "E+6", "e0")


def _quantity(dice: Dice) -> str:
    number = dice.pick(
        str(dice.randint(0, 5000)),
        f"{dice.randint(0, 99)}.{dice.randint(0, 9999)}",
        f".{dice.randint(1, 99)}",
        f"{dice.randint(1, 9)}000",
        f"00{dice.randint(1, 99)}.",
        str(dice.randint(10**11, 10**17)),
    )
    return dice.pick("", "", "-", "+") + number + dice.choice(_UNITS)


@pytest.mark.real
def test_both_forms_of_a_thousand_odd_quantities_are_the_servers(printers_oracle: Path) -> None:
    """A ResourceList keeps thousandths; a quantity of its own keeps nine places."""
    dice = Dice(15, 0.0)
    made = [_quantity(dice) for _ in range(1000)]
    claims = [{"apiVersion": "v1", "kind": "PersistentVolume", "spec": {"capacity": {"storage": each}}} for each in made]
    capacities = [{"apiVersion": "storage.k8s.io/v1", "kind": "CSIStorageCapacity", "capacity": each} for each in made]
    rounded = [each["spec"]["capacity"]["storage"] for each in fill_defaults(printers_oracle, claims)]
    exact = [each["capacity"] for each in fill_defaults(printers_oracle, capacities)]
    assert [canonical_quantity(each, 3) for each in made] == rounded
    assert [canonical_quantity(each) for each in made] == exact
    assert [keep_quantity(each) for each in made] == rounded
    assert [keep_quantity(each, finest=9) for each in made] == exact
