"""Masks the secrets in Kubernetes objects before they are stored, shown or sent.

``mask_body`` is on the scanner's hot path. It removes managedFields without decoding the rest. It decodes an object only when a word in
its bytes announces that it may hold a secret.
"""

import base64
import binascii
import re
from typing import Any, cast

import msgspec

from k8sconsole.kit.masks import CleanTextCache, binary_mask, is_masked, length_class, mask_value
from k8sconsole.kit.redact import mask_text, mask_tree

__all__ = ["mask_arguments", "mask_body", "mask_json", "mask_reply", "mask_text"]

_ALWAYS = frozenset({"secrets", "configmaps"})
_BUILTIN_GROUPS = frozenset({"apps", "batch", "autoscaling", "policy", "extensions"})
_WORDS = re.compile(
    rb"pass|pwd|auth|jwt|cred|private|bearer|basic |connection|token|secret|key|glpat|xox|hvs\.|ya29"
    rb"|aiza|akia|ls0t|h4si|sdrz|eyj|_(?:pat_|rsa)"
    rb"|gh[opsu]_|npm_|dckr_|sk_|sk-(?:proj|ant|or|svcacct|[a-z0-9]{20})|\$(?:2|apr|5\$|6\$|argon)|://[^\s]{1,600}?@(?!sha256)"
)
"""Matched against lower-case bytes. ``mask_json`` changes nothing in an object in which this pattern finds nothing."""
_HARMLESS = tuple(
    b"automountServiceAccountToken serviceAccountToken tokenExpirationSeconds secretName secretKeyRef secretRef imagePullSecrets key "
    b"topologyKey configMapKeyRef keys token secret /var/run/secrets/kubernetes.io/serviceaccount".split()
)
_EXPLAINED = ((b'"token"', b'"path":"token"'), (b'"secret"', b'"secret":{'), (b'"keys"', b'"keys":{'))
"""Words that are harmless in one context only: when each occurrence of the first form is part of the second form."""
_MANAGED = b',"managedFields":'
_PART = b'":{'
"""The separator at which objects are split into parts. It begins with a quote, so that no string is split."""
_NAMING = tuple(
    f'"{key}":'.encode() for key in ("name", "generateName", "mountPath", "subPath", "claimName", "serviceAccount", "serviceAccountName")
)
_REFERENCE, _WHOLE_REFERENCE = b'KeyRef":{', b'KeyRef": {'
"""A reference to a value's source, as servers write it, and with a space so that ``_PART`` does not split it."""
_REFERENCES = (b'"secretKeyRef": ', b'"configMapKeyRef": ')
_NAME = re.compile(rb"[a-z0-9./_-]{1,253}")
"""Strings that only name something: a volume called credentials, a variable that refers to a Secret. Most pods have such names, and none
of them is a secret. A name with a ``value`` next to it is checked together with the value."""
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SECRET_MANIFEST = re.compile(r"^\s*kind:\s*[\"']?Secret\b", re.MULTILINE)
_SECRET_IN_FLOW = re.compile(r"[{,\s][\"']?kind[\"']?\s*:\s*[\"']?Secret(?:List)?\b")
"""A Secret in YAML's flow form, ``{kind: Secret, …}``, or in JSON with an error."""
_JSON_TEXT = re.compile(rb'"(?:\\[nrt]| )*[\[{]')
"""A string, as encoded, that begins as JSON does."""
_SECRET_KIND = re.compile(r"(?:v1/)?secrets?(?:\.v1\.?)?(?:/.*)?", re.IGNORECASE)
"""What a caller may write for the kind Secret."""
_SECRET_FIELDS = {"data": True, "stringData": False}
"""Fields of a Secret that hold its values: name → whether they are base64."""


Managed = msgspec.Raw | msgspec.UnsetType


class _Metadata(msgspec.Struct, frozen=True, gc=False):
    managed: Managed = msgspec.field(name="managedFields", default=msgspec.UNSET)


class _Managed(msgspec.Struct, frozen=True, gc=False):
    metadata: _Metadata = _Metadata()


_managed = msgspec.json.Decoder(_Managed)
_clean: CleanTextCache[bytes] = CleanTextCache(50_000, _HARMLESS)
_clean_parts: CleanTextCache[bytes] = CleanTextCache(30_000)
_surface = msgspec.json.Decoder(dict[str, msgspec.Raw])
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def mask_body(resource_name: str, raw: bytes | msgspec.Raw, managed: Managed | None = None) -> bytes:
    """The JSON of an object as the cache stores it: masked and without managedFields.

    resource_name: as in ``ResourceName``, since items of a list do not state their kind. managed: the object's managedFields, if they are
    already known. Raises msgspec.DecodeError where raw is not a JSON object.
    """
    body = _without_managed_fields(bytes(raw), managed)
    if resource_name not in _ALWAYS and _is_builtin(resource_name) and not _may_hold_secret(body):
        return body
    return _encode(mask_object(resource_name, _decode(body)))


def mask_object(resource_name: str, obj: dict[str, Any]) -> dict[str, Any]:
    """As ``mask_json``, for an object that may not state its kind."""
    if resource_name == "secrets":
        obj = _seal(obj)
    elif resource_name == "configmaps" and isinstance(obj.get("binaryData"), dict):
        obj = {**obj, "binaryData": {key: _format_size(value, decode=True, binary=True) for key, value in obj["binaryData"].items()}}
    return cast("dict[str, Any]", mask_json(obj))


def mask_json(value: Any) -> Any:
    """A copy of a JSON value with every Secret inside it reduced to sizes, also within strings, and everything like a credential masked."""
    return mask_tree(_seal_inside(value))


def mask_reply(value: Any) -> Any:
    """As ``mask_json``, but faster for a value without a Secret and without JSON in its strings, as most replies are.

    The encoded bytes show whether that is so; encoding takes a twentieth of the time of the full walk.
    """
    return mask_json(value) if _may_hold_manifest(value) else mask_tree(value)


def mask_arguments(arguments: dict[str, Any]) -> dict[str, Any]:
    """A call's arguments, masked for the audit, for a question or for the log. A patch of a Secret does not say that it is one: the kind
    beside it does."""
    kind, name = arguments.get("kind"), arguments.get("name")
    named = [one.strip() for one in (kind, name if isinstance(name, str) and "/" in name else None) if isinstance(one, str)]
    # A patch of no kind may be one of a Secret.
    if any(_SECRET_KIND.fullmatch(one) for one in named) or ("patch" in arguments and not kind):
        arguments = {key: _seal_patch(value) for key, value in arguments.items()}
    return cast("dict[str, Any]", mask_json(arguments))


def _without_managed_fields(body: bytes, managed: Managed | None = None) -> bytes:
    """The body with managedFields cut out as bytes. API servers write them after a comma and without spaces."""
    try:
        managed = _managed.decode(body).metadata.managed if managed is None else managed
    except msgspec.ValidationError:
        return _without_managed_fields_anywhere(body)
    if managed is msgspec.UNSET:
        return body
    # The name is found first and the value compared then: a search for kilobytes takes 25 µs a pod with the decoding, this 16.
    listed = bytes(managed)
    at = body.find(_MANAGED)
    while at >= 0:
        begin = at + len(_MANAGED)
        if body.startswith(listed, begin):
            return body[:at] + body[begin + len(listed) :]
        at = body.find(_MANAGED, begin)
    return _without_managed_fields_anywhere(body)


def _without_managed_fields_anywhere(body: bytes) -> bytes:
    surface = _surface.decode(body)
    metadata = surface.get("metadata")
    if metadata is None:
        return body
    inner = _surface.decode(metadata)
    if inner.pop("managedFields", None) is None:
        return body
    surface["metadata"] = msgspec.Raw(_encode(inner))
    return _encode(surface)


def _may_hold_manifest(value: Any) -> bool:
    """Whether ``_seal_inside`` may find anything: a kind Secret, or a string that begins as JSON does."""
    try:
        encoded = _encode(value)
    except (TypeError, ValueError):
        return True
    return b"Secret" in encoded or b"stringData" in encoded or _JSON_TEXT.search(encoded) is not None


def _is_builtin(resource_name: str) -> bool:
    """Whether the kind is one of Kubernetes itself. The fields of CRDs are unknown, so custom resources are always decoded and checked."""
    group = resource_name.partition(".")[2]
    return not group or group in _BUILTIN_GROUPS or group.endswith(".k8s.io")


def _may_hold_secret(body: bytes) -> bool:
    """Whether the body may hold a secret.

    Checks the strings between quotes, except those that were found clean in an earlier object. Objects of one origin share whole parts,
    so parts that were found clean are removed first.
    """
    text = body.replace(_REFERENCE, _WHOLE_REFERENCE)
    fresh = set(text.split(_PART)) - _clean_parts.known
    unchecked = _PART.join((*fresh, b""))
    if any(anywhere in unchecked and unchecked.count(anywhere) != unchecked.count(here) for anywhere, here in _EXPLAINED):
        return True
    pieces = set(unchecked.split(b'"')) - _clean.known
    unsure: set[bytes] = set()
    if _has_hint(b" ".join(pieces)):
        hints = {piece for piece in pieces if _has_hint(piece)}
        if not hints or not all(_is_only_name(text, hint) for hint in hints):
            return True
        pieces -= hints
        unsure = {part for part in fresh if not all(_is_only_name(part + _PART, hint) for hint in hints if hint in part)}
    _clean.learn(pieces)
    _clean_parts.learn(fresh - unsure)
    return False


def _has_hint(text: bytes) -> bool:
    return _WORDS.search(text.lower()) is not None or b"ASIA" in text or b"SG." in text


def _is_only_name(body: bytes, piece: bytes) -> bool:
    """Whether every occurrence of the string is the name of something."""
    quoted = b'"' + piece + b'"'
    at = body.find(quoted)
    while at >= 0:
        if not _is_name(body, at, at + len(quoted)):
            return False
        at = body.find(quoted, at + len(quoted) - 1)
    return True


def _is_name(body: bytes, at: int, end: int) -> bool:
    """Whether the string at this position is a name, or part of a reference to a value's source."""
    if body.endswith(_NAMING, max(0, at - 24), at):
        if _NAME.fullmatch(body, at + 1, end - 1):
            return not body.startswith((b',"value"', b" ", b", "), end)
        return body.startswith(b',"valueFrom":{', end)
    opened = body.rfind(b"{", 0, at)
    return b"}" not in body[opened:at] and body.endswith(_REFERENCES, max(0, opened - 20), opened)


def _seal_inside(value: Any) -> Any:
    """The value with the data of every Secret inside it reduced to sizes."""
    if isinstance(value, dict):
        inner = {key: _seal_inside(item) for key, item in value.items()}
        if inner.get("kind") == "SecretList" and isinstance(inner.get("items"), list):
            return {**inner, "items": [_seal(item) if isinstance(item, dict) else item for item in inner["items"]]}
        is_secret = inner.get("kind") == "Secret" or ("stringData" in inner and not _is_schema(inner["stringData"]))
        return _seal(inner) if is_secret else inner
    if isinstance(value, list | tuple):
        return [_seal_inside(item) for item in value]
    return _seal_text(value) if isinstance(value, str) else value


def _is_schema(value: Any) -> bool:
    """Whether this describes the field stringData, as the schema of a kind does, and does not hold its values."""
    return isinstance(value, dict) and value.get("type") == "object"


def _seal_patch(value: Any) -> Any:
    """A patch of a Secret, of any form, also as JSON text, with the values reduced to sizes."""
    if isinstance(value, list | tuple):
        return [_seal_patch(item) for item in value]
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return _encode(_seal_patch(_decode(value))).decode()
        except msgspec.DecodeError:
            return mask_value(value)
    if not isinstance(value, dict):
        return value
    field = str(value.get("path", "")).strip("/").partition("/")[0]
    if "op" in value and "value" in value and field in ("", *_SECRET_FIELDS):
        return {**value, "value": _seal_data(value["value"], decode=False)}
    return {
        key: _seal_data(item, decode=_SECRET_FIELDS[key]) if key in _SECRET_FIELDS else _seal_patch(item) for key, item in value.items()
    }


def _seal_text(text: str) -> str:
    """Masks a manifest stored as text, as in the last-applied annotation: JSON by its fields, YAML of a Secret as a whole."""
    if text.lstrip()[:1] in ("{", "[") and len(text) > 2:
        try:
            inside = _decode(text)
        except msgspec.DecodeError:
            return mask_value(text) if "Secret" in text and _SECRET_IN_FLOW.search(text) else text
        masked = mask_json(inside)
        return text if masked == inside else _encode(masked).decode()
    return mask_value(text) if "Secret" in text and _SECRET_MANIFEST.search(text) else text


def _seal(secret: dict[str, Any]) -> dict[str, Any]:
    """A Secret with its values reduced to length classes; annotations that may repeat the values are masked too."""
    sealed = dict(secret)
    for field, decode in _SECRET_FIELDS.items():
        if secret.get(field) is not None:
            sealed[field] = _seal_data(secret[field], decode=decode)
    metadata = secret.get("metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("annotations"), dict):
        sealed["metadata"] = {**metadata, "annotations": {key: _mask_annotation(value) for key, value in metadata["annotations"].items()}}
    return sealed


def _seal_data(value: Any, *, decode: bool) -> Any:
    """The data of a Secret, whatever its form: a caller may send one string, or a list, where a mapping is wanted."""
    if isinstance(value, dict):
        return {key: _seal_data(item, decode=decode) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_seal_data(item, decode=decode) for item in value]
    return _format_size(value, decode=decode)


def _mask_annotation(value: Any) -> Any:
    """Masks an annotation of a Secret. JSON is treated as a Secret even without a kind; a long text that is not JSON is masked whole."""
    if not isinstance(value, str):
        return value
    if value[:1] == "{":
        try:
            return _encode(mask_tree(_seal(_seal_inside(_decode(value))))).decode()
        except msgspec.DecodeError:
            return mask_value(value)
    return mask_value(value) if len(value) > 256 else value


def _format_size(value: Any, *, decode: bool, binary: bool = False) -> str:
    """The length class of a Secret's value, or the size of one that is no text. decode: the value is base64. binary: it is never text."""
    if not isinstance(value, str):
        return length_class(0)
    if is_masked(value) or not decode:
        return mask_value(value)
    try:
        data = base64.b64decode(value)
    except (binascii.Error, ValueError):
        return length_class(len(value))
    return binary_mask(len(data)) if binary or not _is_text(data) else length_class(len(data))


def _is_text(data: bytes) -> bool:
    """Whether the bytes are UTF-8 without control characters that no text has."""
    try:
        return not _NO_TEXT.search(data.decode())
    except UnicodeDecodeError:
        return False
