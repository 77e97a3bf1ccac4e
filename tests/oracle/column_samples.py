"""Random printer columns, and custom objects for them: paths that fit the objects, and paths that fit in part or not at all."""

from typing import Any

from tests.oracle.dice import Dice, Json

_TYPES = ("string", "integer", "number", "boolean", "date")
_KEYS = ("size", "name", "hosts", "list", "conditions", "deep", "on", "when", "a.b/c", "empty", "none", "a-b", "x y", "ü")
_DATES = (
    "2024-02-29T12:00:00Z",
    "2025-02-29T12:00:00Z",
    "2019-01-01T05:00:00+02:00",
    "2019-01-01T05:00:00.25-07:30",
    "2019-01-01T5:00:00Z",
    "2019-01-01t05:00:00Z",
    "2019-01-01 05:00:00Z",
    "2019-01-01T05:00:00",
    "2019-01-01T24:00:00Z",
    "2019-13-01T00:00:00Z",
    "2019-01-01T00:00:60Z",
    "2019-01-01T00:00:00,5Z",
    "2019-01-01T00:00:00+24:00",
    "2019-01-01T00:00:00+25:00",
    "1969-07-20T20:17:40Z",
    "0001-01-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "1600-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2090-01-01T00:00:00Z",
    "",
    "null",
    "tomorrow",
    "2019-01-01",
    "20190101T000000Z",
    "2019-01-01T00:00:00Z ",
    "2019-01-01T00:00Z",
    "1700000000",
    "２019-01-01T00:00:00Z",
)
_NUMBERS = (
    0,
    1,
    -1,
    42,
    2**31,
    2**53 + 1,
    2**63 - 1,
    -(2**63),
    2**63,
    10**25,
    0.5,
    -1.5,
    1e6,
    1234567.5,
    1e20,
    1e21,
    1.5e300,
    1e-5,
    1e-7,
    123456.75,
    99999.5,
    1e16,
)
_TEXTS = ("", "web", "true", "3", "Ready", "<b>&", "two\nlines", 'quote"d', "back\\slash", "ünï", "数据", "\u2028", "a" * 70)
_OPERATORS = ("==", "!=", "<", ">", "<=", ">=", "=", "===", "=<", "<>")
_BROKEN = (
    ".spec[",
    ".spec]",
    ".spec.list[x]",
    ".spec.list[1:2:3:4]",
    ".spec.list[-]",
    ".spec.list[1",
    ".spec...a",
    ".spec..",
    ".spec.list[?(@.a]",
    ".spec.list[?(@.a==)]",
    ".spec.list[?(==1)]",
    ".spec.list[?(@.a == 'x' && @.b == 'y')]",
    ".spec.list[?()]",
    ".a}b{.c",
    ".spec}",
    ".{",
    ".spec.list['a]b']",
    ".spec['",
    '.spec["name"]',
    ".spec.list[0,x]",
    ".spec.list[99999999999999999999]",
    "..*",
    ".spec\t.a",
    ".spec .name",
    ".spec.name 'text'",
    ".spec.name 5",
    ".spec.name true",
    ".spec.name word",
    ".spec.list 1.2.3",
    ".spec.name -",
    ".@.spec",
    ".$.spec.size",
    ".",
    ".spec.",
    ".spec.\\",
    ".spec.list[?(@.a=='it\\'s')]",
    '.spec.name "\\u00e9\\x41\\101\\n"',
    ".spec.name '\\q'",
    ".spec.name 'a\"b'",
    ".spec.list[?(@.a==true)]",
    ".spec.list[?(@.a==5.)]",
    ".spec.name end",
    ".spec.list[ 0 ]",
    ".spec.list[0, 1]",
    ".spec.list[]",
    ".spec.name\n",
)


def make_columns(dice: Dice, most: int = 4) -> list[Json]:
    """The additionalPrinterColumns of one kind. A path that cannot be parsed is rare, since it hides the columns after it."""
    return [
        {"name": f"Column {at}", "type": dice.choice(_TYPES), "jsonPath": _make_path(dice), "priority": dice.pick(0, 0, 1)}
        for at in range(dice.randint(1, most))
    ]


def make_object(dice: Dice) -> Json:
    """A custom object whose fields have values of any type, with ``.metadata.creationTimestamp`` as servers write it."""
    meta = {"name": "w", "labels": {"a.b/c": "dotted", "app": "web"}, "creationTimestamp": "2024-01-01T00:00:00Z"}
    return {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": meta, "spec": _make_map(dice, 0), "status": _make_map(dice, 0)}


def _make_map(dice: Dice, depth: int) -> Json:
    found: Json = {key: _make_value(dice, key, depth + 1) for key in dice.some(_KEYS, len(_KEYS))}
    if dice.chance(0.7):
        found["conditions"] = [_make_condition(dice) for _ in range(dice.randint(0, 3))]
    return found


def _make_condition(dice: Dice) -> Json:
    fields = {"type": dice.pick("Ready", "Synced", "A"), "status": dice.pick("True", "False"), "weight": dice.choice(_NUMBERS)}
    return {key: value for key, value in fields.items() if dice.chance(0.9)}


def _make_value(dice: Dice, key: str, depth: int) -> Any:
    if key == "none":
        return None
    if key == "empty":
        return dice.pick([], {}, "")
    match dice.randint(0, 9):
        case 0 | 1 if depth < 4:
            return _make_map(dice, depth)
        case 2 | 3 if depth < 4:
            return [_make_value(dice, "", depth + 1) for _ in range(dice.randint(0, 4))]
        case 4 | 5:
            return dice.choice(_NUMBERS)
        case 6:
            return dice.choice(_DATES)
        case 7:
            return dice.flag()
    return dice.choice(_TEXTS)


def _make_path(dice: Dice) -> str:
    if dice.chance(0.06):
        return dice.choice(_BROKEN)
    if dice.chance(0.05):
        return f".{dice.pick('', '.')}metadata{dice.pick('.name', '.creationTimestamp', '.labels', '.labels.app', '..app')}"
    steps = [_make_step(dice) for _ in range(dice.randint(0, 3))]
    return f".{dice.pick('spec', 'status')}" + "".join(steps)


def _make_step(dice: Dice) -> str:
    match dice.randint(0, 11):
        case 0 | 1 | 2 | 3:
            return "." + dice.choice(_KEYS).replace(".", dice.pick(".", r"\.")).replace(" ", r"\ ")
        case 4:
            return f"['{dice.choice(_KEYS).replace('.', dice.pick('.', chr(92) + '.'))}']"
        case 5:
            return dice.pick("[*]", ".*", "[]", "[:]")
        case 6:
            return f"[{dice.randint(-3, 3)}]"
        case 7:
            bounds = [dice.pick("", str(dice.randint(-3, 3))) for _ in range(dice.randint(2, 3))]
            return f"[{':'.join(bounds)}]"
        case 8:
            return f"[{dice.pick('0,1', '1,0', '-1,0', chr(39) + 'size' + chr(39) + ',' + chr(39) + 'name' + chr(39), '0,5', '0:1,2')}]"
        case 9:
            return f"..{dice.pick('size', 'name', 'weight', 'type')}"
    return f".conditions[?({_make_condition_text(dice)})]{dice.pick('.status', '.weight', '', '.type')}"


def _make_condition_text(dice: Dice) -> str:
    left = dice.pick("@.type", "@.weight", "@.status", "@['type']", "@", "@..type", "@.gone", "@.list[0]", "$.type")
    if dice.chance(0.25):
        return left
    operator = dice.choice(_OPERATORS[:6]) if dice.chance(0.9) else dice.choice(_OPERATORS)
    right = dice.pick('"Ready"', "'Ready'", "1", "0.5", "true", "@.status", "@.weight", "Ready", '"True"', "42", "@.gone")
    space = dice.pick("", " ")
    return f"{left}{space}{operator}{space}{right}"
