"""A manifest as a caller gives it: a JSON object, or YAML text of one document."""

from typing import Any

from k8sconsole.errors import InvalidParams

MOST_TEXT = 1_000_000


def parse_manifest(given: dict[str, Any] | str) -> dict[str, Any]:
    """With apiVersion, kind and metadata in place. Raises InvalidParams that names what is missing."""
    document = _load_yaml(given) if isinstance(given, str) else given
    if not isinstance(document, dict):
        raise _invalid_manifest("one object was expected", "a list or several documents are several calls")
    for field in ("apiVersion", "kind"):
        if not isinstance(document.get(field), str) or not document[field]:
            raise _invalid_manifest(f"it has no {field}", f"{field}: …")
    if not isinstance(document.get("metadata"), dict):
        raise _invalid_manifest("it has no metadata", "metadata: {name: …}")
    return document


def _load_yaml(text: str) -> Any:
    import yaml

    if len(text) > MOST_TEXT:
        raise _invalid_manifest(f"it is longer than {MOST_TEXT} characters", "fewer fields")
    try:
        documents = [one for one in yaml.safe_load_all(text) if one is not None]
    except yaml.YAMLError as cause:
        raise _invalid_manifest(f"not YAML: {cause}", "a JSON object") from cause
    return documents[0] if len(documents) == 1 else None


def _invalid_manifest(why: str, remedy: str) -> InvalidParams:
    return InvalidParams(
        "manifest",
        why,
        remedy,
        {"parameter": "manifest", "given": "what cannot be read", "expected": "one object: apiVersion, kind, metadata", "nearest": []},
    )
