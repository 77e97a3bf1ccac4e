"""Arguments as people and models write them, brought into the form that a tool declares. Lenient in form, strict in meaning.

``null`` is absent; other usual names of a parameter are accepted; JSON in a string stands for an object or a list; ``all`` means every
namespace; a kind and a name may come as one text. What is left for msgspec is the tool's own type, and its errors.
"""

import shlex
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

from k8sconsole.errors import InvalidParams, argument_details
from k8sconsole.model.filters import quote
from k8sconsole.model.kind_words import split_object
from k8sconsole.model.resources import BUILTIN
from k8sconsole.tools.parameters import Form
from k8sconsole.tools.pipeline.parameter_names import rename
from k8sconsole.tools.spec import ToolSpec

EVERYWHERE = frozenset({"*", "all", "_all", "any", "all-namespaces", "all_namespaces", "--all-namespaces", "-a", "every"})
"""Words for all namespaces, in lower case."""
_YES, _NO = frozenset({"yes", "y", "on", "true", "1"}), frozenset({"no", "n", "off", "false", "0"})
_SHELL = frozenset("|&;<>$`")


class _Declared(NamedTuple):
    """The declaration of one parameter. types: the JSON types that it accepts. choices: of an enumeration."""

    form: Form | None
    types: frozenset[str]
    choices: tuple[str, ...]


_TYPES: dict[type, str] = {
    inspect.StrType: "string",
    inspect.IntType: "integer",
    inspect.BoolType: "boolean",
    inspect.ListType: "array",
    inspect.DictType: "object",
}


@cache
def _declarations(struct: type[msgspec.Struct]) -> dict[str, _Declared]:
    described = inspect.type_info(struct)
    assert isinstance(described, inspect.StructType)
    return {field.encode_name: _declare(field.type) for field in described.fields}


def _declare(declared: inspect.Type) -> _Declared:
    form = None
    if isinstance(declared, inspect.Metadata):
        form, declared = (declared.extra or {}).get("form"), declared.type
    parts = declared.types if isinstance(declared, inspect.UnionType) else (declared,)
    choices = tuple(str(one.value) for part in parts if isinstance(part, inspect.EnumType) for one in part.cls if isinstance(one, Enum))
    return _Declared(form, frozenset(_TYPES[type(part)] for part in parts if type(part) in _TYPES), choices)


def parameter_form(struct: type[msgspec.Struct], parameter: str) -> Form | None:
    """The declared form of a parameter; None for an unknown one."""
    declared = _declarations(struct).get(parameter)
    return declared.form if declared else None


def lenient_arguments(spec: ToolSpec, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments in the tool's own form. Raises InvalidParams for two arguments that contradict each other."""
    declared = _declarations(spec.input)
    filters = frozenset(name for name, one in declared.items() if one.form is Form.FILTER)
    named = rename({key: value for key, value in given.items() if value is not None}, frozenset(declared), filters)
    found = {key: _coerce(key, value, declared[key]) if key in declared else value for key, value in named.items()}
    if "name" in declared and declared["name"].form is Form.NAME:
        _split_name(spec, found, declared)
        _split_kind(spec, found, declared)
    elif filters and "kind" in declared:
        _kind_as_filter(found)
    return found


def _coerce(key: str, value: Any, declared: _Declared) -> Any:
    if declared.form is Form.NAMESPACES:
        return _read_namespaces(value)
    if isinstance(value, str):
        return _from_text(key, value, declared)
    if isinstance(value, list) and len(value) == 1 and declared.types == {"string"}:
        return _coerce(key, value[0], declared)
    if isinstance(value, int | float) and not isinstance(value, bool) and declared.types == {"string"}:
        return f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, list) and declared.types == {"array"}:
        return [one.strip() if isinstance(one, str) and declared.form is not Form.COMMAND else one for one in value]
    return value


def _from_text(key: str, text: str, declared: _Declared) -> Any:
    bare = text.strip()
    if declared.choices:
        return next((choice for choice in declared.choices if choice.lower() == bare.lower()), bare)
    if "string" in declared.types:
        return _from_word(text, declared.form)
    if "boolean" in declared.types:
        return True if bare.lower() in _YES else False if bare.lower() in _NO else text
    if "integer" in declared.types:
        return bare.removesuffix(".0")
    return _from_json(key, bare, declared)


def _from_word(text: str, form: Form | None) -> str:
    """Blanks at the ends and a trailing comma are left out where they mean nothing."""
    if form is None or form is Form.FILTER:
        return text
    bare = text.strip().strip("\"'").rstrip(",").strip()
    return "*" if form in (Form.NAMESPACE, Form.NAMESPACE_OR_ALL) and bare.lower() in EVERYWHERE else bare


def _from_json(key: str, text: str, declared: _Declared) -> Any:
    """The object or list in a text: JSON, YAML, or a list with commas, or ``a=b,c=d``."""
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError:
        found = None
    if isinstance(found, dict | list):
        return found
    if declared.form is Form.COMMAND:
        return _split_command(key, text)
    if "array" in declared.types and "object" not in declared.types:
        return [part for each in text.strip("[]").split(",") if (part := each.strip().strip("\"'"))]
    if declared.types == {"object"} and "=" in text:
        return dict(_read_pair(each) for each in text.split(",") if each.strip())
    return _from_yaml(text)


def _from_yaml(text: str) -> Any:
    import yaml

    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    return found if isinstance(found, dict | list) else text


def _read_pair(text: str) -> tuple[str, str | None]:
    """``key=value`` of a label, or ``key-``, which removes it as in kubectl."""
    key, equals, value = text.strip().partition("=")
    return (key.strip(), value.strip()) if equals else (key.removesuffix("-"), None)


def _split_command(key: str, text: str) -> list[str]:
    """Raises InvalidParams for text that needs a shell."""
    try:
        words = shlex.split(text)
    except ValueError:
        words = []
    if not words or _SHELL & set(text):
        details = argument_details(key, text[:200], ['["sh", "-c", "…"]'], "a list of arguments; a shell must be named")
        raise InvalidParams(f"{key} needs a shell", "a command is a list of arguments", f'{key}=["sh", "-c", "…"]', details)
    return words


def _read_namespaces(value: Any) -> Any:
    """``*``, one namespace, or a list of several."""
    several = value.strip("[]").split(",") if isinstance(value, str) else value
    if not isinstance(several, list) or not all(isinstance(one, str) for one in several):
        return value
    names = list(dict.fromkeys(bare for one in several if (bare := one.strip().strip("\"'"))))
    if not names or any(one.lower() in EVERYWHERE for one in names):
        return "*"
    return names[0] if len(names) == 1 else names


def _split_kind(spec: ToolSpec, found: dict[str, Any], declared: Mapping[str, _Declared]) -> None:
    """``kind=deployment/web`` becomes kind and name."""
    kind = found.get("kind")
    if not isinstance(kind, str) or "kind" not in declared:
        return
    found["kind"], name = split_object(kind)
    if name:
        _fill(spec, found, "name", name)


def _split_name(spec: ToolSpec, found: dict[str, Any], declared: Mapping[str, _Declared]) -> None:
    """``name=deployment/web`` becomes kind and name, ``name=shop/web-0`` namespace and name. Of a tool for one kind, another kind stays."""
    name = found.get("name")
    if not isinstance(name, str) or "/" not in name:
        return
    head, bare = split_object(name)
    if not bare:
        return
    own = str(found.get("kind") or ("" if "kind" in declared else spec.kind))
    if any(one.answers_to(head) for one in BUILTIN):
        same = any(one.answers_to(head) and one.answers_to(own) for one in BUILTIN) if own else True
        if "kind" in declared and not same:
            raise _contradiction(spec, "name", name, f"kind={own} contradicts it", f"kind={head} name={bare}")
        if "kind" in declared:
            found.setdefault("kind", head)
        elif not same:
            return  # the tool may know the other kind, such as the workload of a pod
        found["name"] = bare
    elif "namespace" in declared:
        found["name"] = bare
        _fill(spec, found, "namespace", head)


def _fill(spec: ToolSpec, found: dict[str, Any], parameter: str, value: str) -> None:
    """Sets a parameter that was part of another one. Raises InvalidParams if it was given differently."""
    if found.get(parameter) not in (None, "", "*", value):
        raise _contradiction(spec, parameter, str(found[parameter]), f"another argument says {value!r}", f"{parameter}={value}")
    found[parameter] = value


def _contradiction(spec: ToolSpec, parameter: str, given: str, why: str, remedy: str) -> InvalidParams:
    return InvalidParams(f"{spec.name}: {parameter}={given}", why, remedy, argument_details(parameter, given, [remedy], remedy))


def _kind_as_filter(found: dict[str, Any]) -> None:
    """A list of ``deployment/web`` is the list of deployments of that name."""
    kind = found.get("kind")
    if not isinstance(kind, str):
        return
    found["kind"], name = split_object(kind)
    if name:
        term = f"name={quote(name)}"
        found["filter"] = f"({found['filter']}) and {term}" if found.get("filter") else term
