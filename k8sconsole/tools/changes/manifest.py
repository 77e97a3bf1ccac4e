"""Parsing a manifest argument: a JSON object, or YAML text of one document."""

from typing import Any

from k8sconsole.errors import InvalidParams, argument_details

MOST_TEXT = 1_000_000


def parse_manifest(given: dict[str, Any] | str) -> dict[str, Any]:
    """The manifest, with apiVersion, kind and metadata present. Raises InvalidParams that names what is missing."""
    document = _load_yaml(given) if isinstance(given, str) else given
    if not isinstance(document, dict):
        raise _invalid_manifest("it is not one object", "one call for each object")
    for field in ("apiVersion", "kind"):
        if not isinstance(document.get(field), str) or not document[field]:
            raise _invalid_manifest(f"it has no {field}", f"{field}: …")
    if not isinstance(document.get("metadata"), dict):
        raise _invalid_manifest("it has no metadata", "metadata: {name: …}")
    return document


def _load_yaml(text: str) -> Any:
    import yaml

    if len(text) > MOST_TEXT:
        raise _invalid_manifest(f"it is longer than {MOST_TEXT} characters", "a shorter manifest")
    try:
        documents = [one for one in yaml.safe_load_all(text) if one is not None]
    except yaml.YAMLError as cause:
        raise _invalid_manifest(f"it is not valid YAML: {cause}", "a JSON object") from cause
    return documents[0] if len(documents) == 1 else None


def _invalid_manifest(why: str, remedy: str) -> InvalidParams:
    details = argument_details("manifest", "an unreadable manifest", expected="one object: apiVersion, kind, metadata")
    return InvalidParams("invalid manifest", why, remedy, details)
