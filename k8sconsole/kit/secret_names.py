"""Which names announce a secret value: of a field, a variable, a flag, a line in a file.

A name is read as words (``dbPassword``, ``DB_PASSWORD`` and ``--db-password`` are the same two). What ends in a word such as ``name``,
``ref`` or ``seconds`` speaks *about* a secret and stays readable.
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


@lru_cache(maxsize=8192)
def is_secret_name(name: str) -> bool:
    """Whether a value under this name is to be masked. ``PASSWORD`` yes, ``secretName`` no, ``PWD`` no, ``DB_PWD`` yes."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words:
        return False
    last = words[-1]
    before = words[-2] if len(words) > 1 else ""
    return last.endswith(_ALWAYS) or last in _TOKENS or last.endswith("token") or _by_pair(before, last)


def _by_pair(before: str, last: str) -> bool:
    """The words that mean a secret only in company, or not in some company."""
    if last in ("secret", "secretdata") or (last.endswith("secret") and not before):
        return before not in _NAMES_A_SECRET
    if last in ("key", "keys"):
        return before in _KEY_OWNERS
    if last in ("pwd", "pass"):
        return bool(before)
    if last == "data":
        return before in ("key", "secret", "token")
    return (before, last) in (("basic", "auth"), ("cli", "auth"), ("rediscli", "auth"), ("id", "rsa"), ("connection", "string"))
