"""The proxy to a server: the kubeconfig's ``proxy-url``, else the environment's, as curl and kubectl read it."""

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from k8sconsole.errors import ConfigurationError

_SCHEMES = ("http", "https", "socks5", "socks5h")


def proxy_for(server: str, proxy_url: str, environ: Mapping[str, str]) -> str | None:
    """Returns the proxy's URL, or None for a direct connection. Raises ConfigurationError for a proxy that is neither HTTP nor SOCKS5."""
    chosen = proxy_url or _from_environment(server, environ)
    if not chosen:
        return None
    parts = urlsplit(chosen)
    if parts.scheme in _SCHEMES and parts.hostname:
        return chosen
    why = f"{parts.scheme or 'a URL without a scheme'} is not supported; {', '.join(_SCHEMES)} are"
    why = "it names no host" if parts.scheme in _SCHEMES else why
    raise ConfigurationError(f"cannot use the proxy of {server}", why, "set proxy-url: socks5://HOST:1080, or http://HOST:3128")


def is_socks(proxy: str | None) -> bool:
    return urlsplit(proxy or "").scheme in ("socks5", "socks5h")


def strip_password(proxy: str) -> str:
    """Returns the proxy's URL without user and password."""
    parts = urlsplit(proxy)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _from_environment(server: str, environ: Mapping[str, str]) -> str:
    parts = urlsplit(server)
    host = parts.hostname or ""
    if is_loopback(host):
        return ""
    name = f"{parts.scheme}_proxy"
    found = environ.get(name) or environ.get(name.upper()) or ""
    no_proxy = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    if not found or any(_excludes(rule.strip(), host) for rule in no_proxy.split(",")):
        return ""
    return found if "://" in found else f"http://{found}"


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _excludes(rule: str, host: str) -> bool:
    """Whether a rule of NO_PROXY matches: ``*``, a domain with its subdomains, an address, or a network such as 10.0.0.0/8."""
    if "/" not in rule:
        domain = rule.lstrip(".").lower()
        return rule == "*" or (bool(domain) and (host == domain or host.endswith(f".{domain}")))
    try:
        return ip_address(host) in ip_network(rule, strict=False)
    except ValueError:
        return False
