"""Patterns of secrets that are recognised by their shape: keys, tokens, passwords in URLs and headers."""

import re
from collections.abc import Callable

from k8sconsole.kit.masks import length_class, mask_value

MaskRule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]


def _mask_whole(match: re.Match[str]) -> str:
    return length_class(len(match[0]))


def _mask_second_group(match: re.Match[str]) -> str:
    """Keeps group 1 and masks group 2."""
    return match[1] + mask_value(match[2])


def _mask_bearer(match: re.Match[str]) -> str:
    """Leaves prose such as ``Bearer authentication``: a token has digits, mixed case or 20 characters."""
    word = match[2]
    prose = len(word) < 20 and word.isalpha() and word in (word.lower(), word.capitalize())
    return match[0] if prose else _mask_second_group(match)


SHAPES: tuple[MaskRule, ...] = (
    (
        re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)", re.DOTALL),
        _mask_whole,
    ),
    # base64 of a PEM block that is neither a certificate, a request, nor a public key
    (re.compile(r"LS0tLS1CRUdJTi(?!BDRVJU|BQVUJMSUMg)[A-Za-z0-9+/=_-]{16,}"), _mask_whole),
    # base64 of gzip: unreadable as it is, and Rancher and Helm store whole manifests in it
    (re.compile(r"\b(?:H4sI|SDRzSU)[A-Za-z0-9+/_-]{40,}={0,2}"), _mask_whole),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]*"), _mask_whole),
    (
        re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{35}|\bya29\.[\w-]{20,}|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bhvs\.[\w-]{20,}"),
        _mask_whole,
    ),
    (re.compile(r"\b(?:gh[opsu]_|github_pat_|glpat-|npm_|dckr_pat_|xox[abeprs]-|sk_live_|sk_test_)[A-Za-z0-9_-]{16,}"), _mask_whole),
    (re.compile(r"\bsk-(?:(?:proj|ant|or|svcacct)-[A-Za-z0-9_-]{16,}|[A-Za-z0-9]{20,})"), _mask_whole),
    (re.compile(r"\$(?:2[aby]|apr1|5|6|argon2\w{0,2})\$[^\s\"',]{20,}"), _mask_whole),
    (re.compile(r"(?<=://)([^\s/:@\"']*:)(?!\d{1,5}/|\[masked)([^\s\"']{1,512})(?=@)"), _mask_second_group),
    (re.compile(r"(?<=://)()([A-Za-z0-9_-]{16,})(?=@)"), _mask_second_group),
    (re.compile(r"(?i)\b(bearer\s+)([A-Za-z0-9._~+/=-]{8,})"), _mask_bearer),
    (
        re.compile(r"(?i)(authorization[\"'\\]*\s*[:=]\s*[\"'\\]*(?:basic|digest|token|apikey)\s+)(?!\[masked)([^\s\"'\\]{4,})"),
        _mask_second_group,
    ),
    (re.compile(r"(?i)\b(basic\s+)([A-Za-z0-9+/]{12,}={1,2})"), _mask_second_group),
)
