"""YAML as kubectl writes it: sorted keys, ``|`` blocks, nothing folded, and quotes where a reader would take a text for a number."""

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.kit.text import escape_control, has_control

if TYPE_CHECKING:
    from yaml import Node, SafeDumper

_NEVER_FOLDED = 2**31 - 1
"""The widest line that libyaml can be given."""
_STRING = "tag:yaml.org,2002:str"
_LINE_ENDS = re.compile("[\r\x85\u2028\u2029\ufeff]")
"""Readers of YAML 1.1 take these for line ends, or skip them, unless they are escaped."""
_NOT_A_BLOCK = re.compile(r"\A\t| \n| \Z")
"""A block cannot show a blank at a line's end. libyaml does not read one that begins with a tab."""
_NUMBER = re.compile(r"[-+]?(?:0x[0-9a-f_]+|0o[0-7_]+|0b[01_]+|(?:\.[0-9_]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:e[-+]?[0-9_]+)?)", re.IGNORECASE)
"""What Go's YAML reads as a number, as 1e3 and 0o17. PyYAML's resolver knows fewer forms."""
_GO_BOOLEANS = frozenset("yYnN")
_UNWRITABLE = re.compile("[\ue000-\uf8ff\U00010000-\U0010ffff]")
"""Characters beyond 16 bits, as emoji, which libyaml writes as escapes; and the private ones, which stand in for them meanwhile."""
_TAB, _PRIVATE = "\ue000", range(0xE001, 0xF900)
"""Stand-ins: for a tab in a block, where libyaml cannot write one either, and for the others."""


def format_yaml(value: Any, *, escape: bool = True, sort_keys: bool = True) -> str:
    """A JSON value as YAML, which ``kubectl apply`` reads as the same value.

    escape: what a terminal may obey is written as an escape, so that the text is safe to print and still exact. Without it such
    characters are written as they are. sort_keys: as kubectl does; otherwise keys keep their order.
    """
    encoded = msgspec.json.encode(value).decode()
    found = sorted(set(_UNWRITABLE.findall(encoded)))
    stand_ins = {ord(char): at for char, at in zip(found, _PRIVATE, strict=False)}
    text = _dump(msgspec.json.decode(encoded.translate(stand_ins)) if found else value, escape, sort_keys)
    text = text.translate({ord(_TAB): "\t", **{at: char for char, at in stand_ins.items()}})
    return escape_control(text) if escape else text


def _dump(value: Any, escape: bool, sort_keys: bool) -> str:
    import yaml

    text: str = yaml.dump(
        value, Dumper=_dumper(escape), sort_keys=sort_keys, allow_unicode=True, default_flow_style=False, width=_NEVER_FOLDED
    )
    return text


@cache
def _dumper(escape: bool) -> "type[SafeDumper]":
    """A dumper that chooses the style of each string, and writes a value that occurs twice in full both times."""
    import yaml

    class KubectlDumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def represent_text(dumper: "SafeDumper", text: str) -> "Node":
        style = _choose_style(dumper, text, escape)
        node: Node = dumper.represent_scalar(_STRING, text.replace("\t", _TAB) if style == "|" else text, style=style)
        return node

    KubectlDumper.add_representer(str, represent_text)
    return KubectlDumper


def _choose_style(dumper: "SafeDumper", text: str, escape: bool) -> str | None:
    """The style of a string: ``|``, double quotes, or None for a plain scalar where the writer finds one possible."""
    from yaml import ScalarNode

    if _LINE_ENDS.search(text) or (escape and has_control(text)):
        return '"'
    if "\n" in text:
        return '"' if _NOT_A_BLOCK.search(text) else "|"
    if "\t" in text or text in _GO_BOOLEANS or _NUMBER.fullmatch(text):
        return '"'
    kind: str = dumper.resolve(ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return None if kind == _STRING else '"'
