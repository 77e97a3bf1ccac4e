"""Which kubeconfig files there are and what they say together. As for kubectl, the first file that names something wins."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from k8sconsole.errors import ConfigurationError

# Scalars stay text: a context called 1.10 or a password of 0123 means what was typed.
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_NULLS = ("", "null", "Null", "NULL", "~")


@dataclass(frozen=True)
class Entry:
    """One named cluster, user or context, and the file it stands in: relative paths start there."""

    name: str
    body: Mapping[str, Any]
    file: Path


@dataclass(frozen=True)
class Kubeconfig:
    """Everything that the files say together. ``current`` is empty when none names a current context."""

    files: tuple[Path, ...]
    current: str
    clusters: Mapping[str, Entry]
    users: Mapping[str, Entry]
    contexts: Mapping[str, Entry]


def candidates(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The files named by KUBECONFIG, else ``~/.kube/config``; they need not exist."""
    named = [Path(part).expanduser() for part in environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    return tuple(dict.fromkeys(named)) or (Path(environ.get("HOME") or Path.home()) / ".kube" / "config",)


def read(paths: Sequence[Path]) -> Kubeconfig:
    """The files merged; missing ones are passed over. Raises ConfigurationError naming file and line."""
    documents = [(path, document) for path in paths if (document := _document(path)) is not None]
    return Kubeconfig(
        files=tuple(path for path, _ in documents),
        current=next((current for _, document in documents if (current := text(document.get("current-context")))), ""),
        clusters=_named(documents, "clusters", "cluster"),
        users=_named(documents, "users", "user"),
        contexts=_named(documents, "contexts", "context"),
    )


def text(value: Any) -> str:
    """A scalar of the file; empty for null and for anything that is no scalar."""
    return "" if not isinstance(value, str) or value in _NULLS else value


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _document(path: Path) -> Mapping[str, Any] | None:
    try:
        content = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigurationError(f"Cannot read the kubeconfig {path}", str(reason), f"look at it: ls -l {path}") from error
    document = _parsed(path, content)
    if document is None or document in _NULLS:
        return {}
    if not isinstance(document, dict):
        raise ConfigurationError(f"The kubeconfig {path} cannot be used", "line 1: expected a mapping with clusters, users and contexts")
    return document


def _parsed(path: Path, content: str) -> Any:
    try:
        if content.lstrip().startswith("{"):
            return json.loads(content, parse_int=str, parse_float=str, parse_constant=str)
        return yaml.load(content, Loader=_Loader)  # noqa: S506 - the base loader makes text, lists and mappings only
    except json.JSONDecodeError as error:
        raise _broken(path, error.lineno, error.msg) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        # The parser's own message may quote the file, which holds credentials; its `problem` never does.
        raise _broken(path, mark.line + 1 if mark else 1, getattr(error, "problem", None) or "not YAML") from error


def _broken(path: Path, line: int, problem: str) -> ConfigurationError:
    return ConfigurationError(
        f"The kubeconfig {path} cannot be used", f"line {line}: {problem}", f"mend line {line} of {path}", {"file": str(path), "line": line}
    )


def _named(documents: Sequence[tuple[Path, Mapping[str, Any]]], key: str, inner: str) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for path, document in documents:
        for item in map(mapping, sequence(document.get(key))):
            if name := text(item.get("name")):
                found.setdefault(name, Entry(name, mapping(item.get(inner)), path))
    return found
