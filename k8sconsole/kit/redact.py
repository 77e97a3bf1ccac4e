"""Masks what looks like a credential, in text and in JSON values. Masking a masked text changes nothing."""

import base64
import binascii
import re
from functools import lru_cache
from typing import Any

from k8sconsole.kit.masks import CleanTextCache, length_class, mask_value
from k8sconsole.kit.secret_assignments import is_basic_credentials, is_harmless_value, mask_assignments
from k8sconsole.kit.secret_names import describes_secret, is_password_name, is_secret_name
from k8sconsole.kit.secret_shapes import SHAPES

__all__ = ["length_class", "mask_text", "mask_tree", "mask_value", "may_hold_secret"]

_NEEDLES = (
    "passw", "passphrase", "pwd", "pass=", "pass:", 'pass"', "secret", "token", "apikey", "key=", "key:", 'key"', 'key\\"', "keys",
    "_key", "-key", "key-data", "key>", "accesskey", "jwt", "credential", "creds", "private key", "bearer", "basic", "auth", "://",
    "eyj", "akia", "asia", "aiza", "ghp_", "gho_", "ghs_", "ghu_", "github_pat_", "glpat-", "xox", "sk-", "sk_", "hvs.", "npm_",
    "dckr_", "ya29.", "sg.", "ls0tls1crudjti", "h4si", "sdrzsu", "id_rsa", "$2", "$apr", "$5$", "$6$", "$argon", "connectionstring",
    "connection_string",
)  # fmt: skip

_clean: CleanTextCache[str] = CleanTextCache(20_000)
_SCHEMA_TYPES = ("string", "object", "array", "integer", "number", "boolean")
"""A mapping with such a ``type`` is the schema of a field, as in a CRD, not a value."""
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")


def may_hold_secret(text: str) -> bool:
    """Whether the text holds a word that may announce a secret. A cheap test: nearly every text holds none and needs no masking."""
    lowered = text.lower()
    return any(needle in lowered for needle in _NEEDLES)


def mask_text(text: str) -> str:
    """The text with private keys, tokens, and passwords in URLs, flags, assignments and headers masked. The rest is unchanged."""
    if len(text) < 6 or text in _clean.known:
        return text
    if not may_hold_secret(text):
        if len(text) <= 128:
            _clean.learn((text,))
        return text
    for pattern, replace in SHAPES:
        text = pattern.sub(replace, text)
    return mask_assignments(text)


def mask_tree(value: Any) -> Any:
    """A copy of a JSON value. A string under a secret's name is masked whole; every other string goes through ``mask_text``."""
    if isinstance(value, str):
        return value if value in _clean.known else mask_value(value) if _hides_a_secret(value) else mask_text(value)
    if isinstance(value, dict):
        return mask_pairs(value)
    if isinstance(value, list | tuple):
        return mask_items(value)
    return value


def mask_pairs(pairs: dict[str, Any]) -> dict[str, Any]:
    """As ``mask_tree`` for a mapping. A mapping with ``name`` and ``value``, as an environment variable has, is read as an assignment."""
    masked = {key: mask_field(key, value) for key, value in pairs.items()}
    name, value = pairs.get("name"), pairs.get("value")
    if isinstance(name, str) and isinstance(value, str) and is_secret_name(name) and not is_harmless_value(value):
        masked["value"] = mask_value(value)
    return masked


def mask_field(key: str, value: Any) -> Any:
    """The value under this key, masked where the key or the value announces a secret."""
    if isinstance(value, str):
        return _mask_named(key, value)
    if isinstance(value, dict | list | tuple) and is_secret_name(key):
        return _mask_inside(key, value)
    if isinstance(value, int | float) and not isinstance(value, bool) and is_password_name(key):
        return mask_value(str(value))
    return mask_tree(value)


def _mask_inside(name: str, value: Any) -> Any:
    """A value below a secret's name, at any depth: ``DB_PASSWORD: {v: …}``. What describes or refers to the secret stays readable."""
    if isinstance(value, str):
        return _mask_named(name, value)
    if isinstance(value, list | tuple):
        return [_mask_inside(name, item) for item in value]
    if not isinstance(value, dict):
        return mask_field(name, value)
    if value.get("type") in _SCHEMA_TYPES:
        return mask_pairs(value)
    return {key: mask_field(key, item) if describes_secret(key) else _mask_inside(name, item) for key, item in value.items()}


def mask_items(items: list[Any] | tuple[Any, ...]) -> list[Any]:
    """As ``mask_tree`` for a list. The element after a flag such as ``--password`` is read as its value."""
    masked = [mask_tree(item) for item in items]
    for place in range(1, len(items)):
        flag, value = items[place - 1], items[place]
        if isinstance(flag, str) and isinstance(value, str) and flag.startswith("-") and "=" not in flag and not value.startswith("-"):
            masked[place] = _mask_named(flag, value)
    return masked


def _mask_named(name: str, value: str) -> str:
    if value in _clean.known and _is_plain_name(name):
        return value
    announced = (
        is_secret_name(name)
        or (name in ("auth", "_auth") and is_basic_credentials(value))
        or (name[-3:] in ("key", "Key") and _is_random(value))
    )
    if not announced:
        return str(mask_tree(value))
    return value if is_harmless_value(value) else mask_value(value)


@lru_cache(maxsize=4096)
def _is_plain_name(name: str) -> bool:
    """Whether the name never announces a secret, whatever the value is."""
    return not is_secret_name(name) and name not in ("auth", "_auth") and name[-3:] not in ("key", "Key")


def _hides_a_secret(value: str) -> bool:
    """Whether the value is base64 of a text that holds a secret, such as a kubeconfig, a key or a file of passwords."""
    if len(value) < 24 or len(value) % 4 or not _BASE64.fullmatch(value):
        return False
    try:
        inside = base64.b64decode(value).decode()
    except (binascii.Error, ValueError):
        return False
    return mask_text(inside) != inside


def _is_random(value: str) -> bool:
    """Whether the value looks like a random key rather than a name or a label key.

    It must have 20 characters or more of the base64 alphabet, with digits and letters of both cases; or 32 hexadecimal ones or more.
    """
    if len(value) < 20 or not all(char.isalnum() or char in "+/=_-" for char in value):
        return False
    hexadecimal = len(value) >= 32 and all(char in "0123456789abcdefABCDEF" for char in value)
    return hexadecimal or (any(map(str.isdigit, value)) and any(map(str.isupper, value)) and any(map(str.islower, value)))
