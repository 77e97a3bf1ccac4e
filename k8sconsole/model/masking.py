"""What of an object may be kept, shown or sent: everything but the secrets in it.

``mask_body`` stands on the scanner's hot path. It cuts managedFields out without decoding the rest, and decodes an object only when a word
in its bytes announces that there may be something to mask.
"""

import base64
import binascii
import re
from typing import Any, cast

import msgspec

from k8sconsole.kit.masks import CleanTextCache, is_masked, length_class, mask_value
from k8sconsole.kit.redact import mask_text, mask_tree

__all__ = ["mask_arguments", "mask_body", "mask_json", "mask_reply", "mask_text"]

_ALWAYS = frozenset({"secrets", "configmaps"})
_BUILTIN_GROUPS = frozenset({"apps", "batch", "autoscaling", "policy", "extensions"})
_WORDS = re.compile(
    rb"pass|pwd|auth|jwt|cred|private|bearer|basic |connection|token|secret|key|glpat|xox|hvs\.|ya29"
    rb"|aiza|akia|ls0t|h4si|sdrz|eyj|_(?:pat_|rsa)"
    rb"|gh[opsu]_|npm_|dckr_|sk_|sk-(?:proj|ant|or|svcacct|[a-z0-9]{20})|\$(?:2|apr|5\$|6\$|argon)|://[^\s]{1,600}?@(?!sha256)"
)
"""On lower case. What it does not find, ``mask_json`` would not change."""
_HARMLESS = tuple(
    b"automountServiceAccountToken serviceAccountToken tokenExpirationSeconds secretName secretKeyRef secretRef imagePullSecrets key "
    b"topologyKey configMapKeyRef keys token secret /var/run/secrets/kubernetes.io/serviceaccount".split()
)
_EXPLAINED = ((b'"token"', b'"path":"token"'), (b'"secret"', b'"secret":{'), (b'"keys"', b'"keys":{'))
"""Words that are harmless in one place only: where the second form accounts for every occurrence of the first."""
_MANAGED = b',"managedFields":'
_PART = b'":{'
"""Where objects are cut into parts: at a quote, so that no text is cut in two."""
_NAMING = tuple(
    f'"{key}":'.encode() for key in ("name", "generateName", "mountPath", "subPath", "claimName", "serviceAccount", "serviceAccountName")
)
_REFERENCE, _WHOLE_REFERENCE = b'KeyRef":{', b'KeyRef": {'
"""Where a value is kept, as it is written and so that it stays in one part."""
_REFERENCES = (b'"secretKeyRef": ', b'"configMapKeyRef": ')
_NAME = re.compile(rb"[a-z0-9./_-]{1,253}")
"""What only names something: a volume called credentials, a variable that says in which Secret its value is. Most pods have such names, and
none of them is a secret; a name beside a ``value`` is looked at with it."""
_SECRET_MANIFEST = re.compile(r"^\s*kind:\s*[\"']?Secret\b", re.MULTILINE)


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
    """The JSON of an object as the cache keeps it: without managedFields, masked. Bytes that are no JSON object raise msgspec.DecodeError.

    resource_name as in ``ResourceName``: items of a list do not say their kind themselves. managed: the object's managedFields, if they
    have been read already.
    """
    body = _without_managed_fields(bytes(raw), managed)
    if resource_name not in _ALWAYS and _builtin(resource_name) and not _announces_a_secret(body):
        return body
    return _encode(mask_object(resource_name, _decode(body)))


def mask_object(resource_name: str, obj: dict[str, Any]) -> dict[str, Any]:
    """As ``mask_json``, for an object that may not say its own kind."""
    if resource_name == "secrets":
        obj = _seal(obj)
    elif resource_name == "configmaps" and isinstance(obj.get("binaryData"), dict):
        obj = {**obj, "binaryData": {key: _size(value, decode=True) for key, value in obj["binaryData"].items()}}
    return cast("dict[str, Any]", mask_json(obj))


def mask_json(value: Any) -> Any:
    """A JSON value with Secrets sealed wherever they stand in it, manifests inside strings included, and everything that looks like a
    credential masked."""
    return mask_tree(_sealed(value))


def mask_reply(value: Any) -> Any:
    """As ``mask_json``, sooner where the value holds no Secret and no JSON within its strings, as most answers do: that shows in its bytes,
    which take a twentieth of the walk to write."""
    return mask_json(value) if _holds_manifests(value) else mask_tree(value)


def mask_arguments(arguments: dict[str, Any]) -> dict[str, Any]:
    """A call's arguments as they may be kept in the audit, shown in a question, or logged."""
    return cast("dict[str, Any]", mask_json(arguments))


def _without_managed_fields(body: bytes, managed: Managed | None = None) -> bytes:
    """Cut out where they stand, as servers write them: behind a comma and without a space."""
    try:
        managed = _managed.decode(body).metadata.managed if managed is None else managed
    except msgspec.ValidationError:
        return _without_managed_fields_anywhere(body)
    if managed is msgspec.UNSET:
        return body
    # Found by its name and then compared: looking for kilobytes takes longer (25 µs a pod with the decoding, not 16).
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


def _holds_manifests(value: Any) -> bool:
    """Whether ``_sealed`` may find anything: a kind Secret, or a string that begins as JSON does."""
    try:
        told = _encode(value)
    except (TypeError, ValueError):
        return True
    return b"Secret" in told or b'"{' in told or b'"[' in told


def _builtin(resource_name: str) -> bool:
    """Of Kubernetes itself. What a CRD's fields mean is not known beforehand, so those are always looked through."""
    group = resource_name.partition(".")[2]
    return not group or group in _BUILTIN_GROUPS or group.endswith(".k8s.io")


def _announces_a_secret(body: bytes) -> bool:
    """Looks at the pieces between quotes, and of them only at those that were not found clean in an object before. Objects of one origin
    share whole parts, so those that were found clean are left out first."""
    text = body.replace(_REFERENCE, _WHOLE_REFERENCE)
    fresh = set(text.split(_PART)) - _clean_parts.known
    looked_at = _PART.join((*fresh, b""))
    if any(anywhere in looked_at and looked_at.count(anywhere) != looked_at.count(here) for anywhere, here in _EXPLAINED):
        return True
    pieces = set(looked_at.split(b'"')) - _clean.known
    unsure: set[bytes] = set()
    if _hints(b" ".join(pieces)):
        hints = {piece for piece in pieces if _hints(piece)}
        if not hints or not all(_only_names(text, hint) for hint in hints):
            return True
        pieces -= hints
        unsure = {part for part in fresh if not all(_only_names(part + _PART, hint) for hint in hints if hint in part)}
    _clean.learn(pieces)
    _clean_parts.learn(fresh - unsure)
    return False


def _hints(text: bytes) -> bool:
    return _WORDS.search(text.lower()) is not None or b"ASIA" in text or b"SG." in text


def _only_names(body: bytes, piece: bytes) -> bool:
    """Whether the piece, wherever it stands, is the name of something."""
    quoted = b'"' + piece + b'"'
    at = body.find(quoted)
    while at >= 0:
        if not _names(body, at, at + len(quoted)):
            return False
        at = body.find(quoted, at + len(quoted) - 1)
    return True


def _names(body: bytes, at: int, end: int) -> bool:
    """Whether the string that stands there is a name, or part of a reference to where a value is kept."""
    if body.endswith(_NAMING, max(0, at - 24), at):
        if _NAME.fullmatch(body, at + 1, end - 1):
            return not body.startswith((b',"value"', b" ", b", "), end)
        return body.startswith(b',"valueFrom":{', end)
    opened = body.rfind(b"{", 0, at)
    return b"}" not in body[opened:at] and body.endswith(_REFERENCES, max(0, opened - 20), opened)


def _sealed(value: Any) -> Any:
    """The value with the data of every Secret inside it reduced to sizes."""
    if isinstance(value, dict):
        inner = {key: _sealed(item) for key, item in value.items()}
        return _seal(inner) if inner.get("kind") == "Secret" else inner
    if isinstance(value, list | tuple):
        return [_sealed(item) for item in value]
    return _sealed_text(value) if isinstance(value, str) else value


def _sealed_text(text: str) -> str:
    """A manifest kept as text, as in the last-applied annotation: JSON is masked and written again, YAML of a Secret is masked whole."""
    if text[:1] in "{[" and len(text) > 2:
        try:
            inside = _decode(text)
        except msgspec.DecodeError:
            return text
        masked = mask_json(inside)
        return text if masked == inside else _encode(masked).decode()
    return mask_value(text) if "Secret" in text and _SECRET_MANIFEST.search(text) else text


def _seal(secret: dict[str, Any]) -> dict[str, Any]:
    """A Secret: keys and length classes stay, and no annotation that may repeat the values in a form not understood here."""
    sealed = dict(secret)
    for field, decode in (("data", True), ("stringData", False)):
        if isinstance(secret.get(field), dict):
            sealed[field] = {key: _size(value, decode=decode) for key, value in secret[field].items()}
    metadata = secret.get("metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("annotations"), dict):
        sealed["metadata"] = {**metadata, "annotations": {key: _annotation(value) for key, value in metadata["annotations"].items()}}
    return sealed


def _annotation(value: Any) -> Any:
    """Of a Secret: JSON as a Secret of its own even where it does not say so; what is long and no JSON is not kept."""
    if not isinstance(value, str):
        return value
    if value[:1] == "{":
        try:
            return _encode(mask_tree(_seal(_sealed(_decode(value))))).decode()
        except msgspec.DecodeError:
            return mask_value(value)
    return mask_value(value) if len(value) > 256 else value


def _size(value: Any, *, decode: bool) -> str:
    """The length class of a Secret's value; ``decode`` when it is base64."""
    if not isinstance(value, str):
        return length_class(0)
    if is_masked(value) or not decode:
        return mask_value(value)
    try:
        return length_class(len(base64.b64decode(value)))
    except (binascii.Error, ValueError):
        return length_class(len(value))
