"""Which names announce a secret value: names of fields, variables, flags and lines in a file.

A name is split into words: ``dbPassword``, ``DB_PASSWORD`` and ``--db-password`` are the same two. A name that ends in a word such as
``name``, ``ref`` or ``seconds`` describes a secret, and its value stays readable.
"""

import re
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ALWAYS = (
    "password",
    "passwords",
    "passwd",
    "passphrase",
    "apikey",
    "apikeys",
    "authtoken",
    "accesstoken",
    "accesskey",
    "secretkey",
    "privatekey",
)
_TOKENS = frozenset({"token", "tokens", "jwt", "credential", "credentials", "secrets", "creds"})
_KEY_OWNERS = frozenset(
    [
        "access",
        "account",
        "api",
        "app",
        "auth",
        "client",
        "encryption",
        "hmac",
        "licence",
        "license",
        "master",
        "private",
        "rsa",
        "secret",
        "session",
        "shared",
        "signing",
        "ssh",
        "ssl",
        "tls",
        "webhook",
    ]
)
_NAMES_A_SECRET = frozenset(
    [
        "auth",
        "ca",
        "cert",
        "certificate",
        "certs",
        "config",
        "credentials",
        "credential",
        "existing",
        "image",
        "password",
        "pull",
        "ssl",
        "tls",
    ]
)

_DESCRIBING = frozenset((
    "audience", "audiences", "description", "enabled", "engine", "expiration", "format", "from", "group", "groups", "id",
    "issuer", "items", "kind", "keys", "key", "length", "mode", "name", "names", "namespace", "optional", "path", "paths",
    "policy", "provider", "ref", "reference", "refs", "role", "roles", "rotation", "scope", "scopes", "seconds", "selector",
    "server", "source", "status", "store", "template", "time", "title", "ttl", "type", "types", "url", "urls", "user", "username",
    "version",
))  # fmt: skip
"""Last words of fields that describe a secret or refer to it, in a mapping below the secret's own name."""


@lru_cache(maxsize=8192)
def describes_secret(name: str) -> bool:
    """Whether a field below a secret's name describes it or refers to it: ``secretName``, ``key``, ``expirationSeconds``, ``audience``."""
    words = [word.lower() for word in _WORD.findall(name)]
    return bool(words) and words[-1] in _DESCRIBING and not is_secret_name(name)


@lru_cache(maxsize=8192)
def is_password_name(name: str) -> bool:
    """Whether even a number under this name is a secret. A number of tokens or secrets is only a count."""
    words = [word.lower() for word in _WORD.findall(name)]
    return bool(words) and words[-1].endswith(("password", "passwd", "passphrase")) and is_secret_name(name)


@lru_cache(maxsize=8192)
def is_secret_name(name: str) -> bool:
    """Whether a value under this name must be masked. ``PASSWORD`` yes, ``secretName`` no, ``PWD`` no, ``DB_PWD`` yes."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words:
        return False
    last = words[-1]
    before = words[-2] if len(words) > 1 else ""
    return last.endswith(_ALWAYS) or last in _TOKENS or last.endswith("token") or _is_secret_pair(before, last)


def _is_secret_pair(before: str, last: str) -> bool:
    """Words that announce a secret only after some words, or only without some words before them."""
    if last in ("secret", "secretdata") or (last.endswith("secret") and not before):
        return before not in _NAMES_A_SECRET
    if last in ("key", "keys"):
        return before in _KEY_OWNERS
    if last in ("pwd", "pass"):
        return bool(before)
    if last == "data":
        return before in ("key", "secret", "token")
    return (before, last) in (("basic", "auth"), ("cli", "auth"), ("rediscli", "auth"), ("id", "rsa"), ("connection", "string"))
