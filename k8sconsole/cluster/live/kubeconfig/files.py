"""Finds and merges the kubeconfig files. As in kubectl, the first file that defines a name wins."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from k8sconsole.errors import ConfigurationError
from k8sconsole.kit.system_errors import explain_os_error

# Scalars stay text: a context named 1.10 or a password of 0123 must not become a number.
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_NULLS = ("", "null", "Null", "NULL", "~")


@dataclass(frozen=True)
class KubeconfigEntry:
    """A named cluster, user or context. file: where it is defined; relative paths start at its folder."""

    name: str
    body: Mapping[str, Any]
    file: Path


@dataclass(frozen=True)
class Kubeconfig:
    """The merged files. current: the current context; empty when no file names one."""

    files: tuple[Path, ...]
    current: str
    clusters: Mapping[str, KubeconfigEntry]
    users: Mapping[str, KubeconfigEntry]
    contexts: Mapping[str, KubeconfigEntry]


def kubeconfig_paths(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Returns the files named by KUBECONFIG, else ``~/.kube/config``. They need not exist."""
    named = [Path(part).expanduser() for part in environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    return tuple(dict.fromkeys(named)) or (Path(environ.get("HOME") or Path.home()) / ".kube" / "config",)


def read_kubeconfig(paths: Sequence[Path]) -> Kubeconfig:
    """Merges the files; missing ones are skipped. Blocking. Raises ConfigurationError with file and line."""
    documents = [(path, document) for path in paths if (document := _read_document(path)) is not None]
    return Kubeconfig(
        files=tuple(path for path, _ in documents),
        current=next((current for _, document in documents if (current := as_text(document.get("current-context")))), ""),
        clusters=_collect_entries(documents, "clusters", "cluster"),
        users=_collect_entries(documents, "users", "user"),
        contexts=_collect_entries(documents, "contexts", "context"),
    )


def as_text(value: Any) -> str:
    """Returns a scalar; an empty string for null and for anything else."""
    return "" if not isinstance(value, str) or value in _NULLS else value


def as_mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _read_document(path: Path) -> Mapping[str, Any] | None:
    try:
        content = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"cannot read the kubeconfig {path}", *explain_os_error(error, path)) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"cannot read the kubeconfig {path}", "it is not UTF-8 text", f"file {path}") from error
    document = _parse(path, content)
    if document is None or document in _NULLS:
        return {}
    if not isinstance(document, dict):
        raise ConfigurationError(
            f"cannot use the kubeconfig {path}", "line 1: expected a mapping with clusters, users and contexts", f"edit {path}"
        )
    return document


def _parse(path: Path, content: str) -> Any:
    try:
        if content.lstrip().startswith("{"):
            return json.loads(content, parse_int=str, parse_float=str, parse_constant=str)
        return parse_yaml_as_text(content)
    except json.JSONDecodeError as error:
        raise _parse_error(path, error.lineno, error.msg) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        # The parser's full message may quote the file, which holds credentials; its `problem` never does.
        raise _parse_error(path, mark.line + 1 if mark else 1, getattr(error, "problem", None) or "not YAML") from error


def parse_yaml_as_text(content: str) -> Any:
    """Returns mappings, lists and text; numbers and times stay as they are written. Raises YAMLError."""
    return yaml.load(content, Loader=_Loader)  # noqa: S506 - the base loader makes text, lists and mappings only


def _parse_error(path: Path, line: int, problem: str) -> ConfigurationError:
    return ConfigurationError(
        f"cannot use the kubeconfig {path}", f"line {line}: {problem}", f"edit line {line} of {path}", {"file": str(path), "line": line}
    )


def _collect_entries(documents: Sequence[tuple[Path, Mapping[str, Any]]], key: str, inner: str) -> dict[str, KubeconfigEntry]:
    entries: dict[str, KubeconfigEntry] = {}
    for path, document in documents:
        for item in map(as_mapping, as_list(document.get(key))):
            if name := as_text(item.get("name")):
                entries.setdefault(name, KubeconfigEntry(name, as_mapping(item.get(inner)), path))
    return entries
