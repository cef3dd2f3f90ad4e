"""Which proxy leads to a server: by the kubeconfig, else by the environment, as kubectl (Go's net/http) decides it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import SplitResult, unquote, urlsplit

from msgspec import Struct

from demarc.model.errors import DemarcError

_SCHEMES = ("http", "https", "socks5", "socks5h")


class Proxy(Struct, frozen=True, kw_only=True):
    """A proxy and its sign-in, which is never printed."""

    url: str
    """Without user and password."""
    sign_in: str = ""
    """``user:password``."""

    def __repr__(self) -> str:
        return f"Proxy({self.url!r})"


def proxy_for(server: str, configured: str, environment: Mapping[str, str]) -> Proxy | None:
    """Find the proxy for a server; None to go there directly.

    ``configured`` is the cluster's ``proxy-url``: it always applies. Otherwise HTTPS_PROXY or HTTP_PROXY by the
    server's scheme, unless NO_PROXY names the server or it is this machine. Raises DemarcError
    for a proxy that is none.
    """
    if configured:
        return _read(configured)
    split = urlsplit(server)
    host = split.hostname or ""
    name = "HTTPS_PROXY" if split.scheme == "https" else "HTTP_PROXY"
    value = environment.get(name) or environment.get(name.lower()) or ""
    excepted = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
    if (
        not value
        or is_loopback(host)
        or _excepted(host, split.port or (443 if split.scheme == "https" else 80), excepted)
    ):
        return None
    return _read(value if "://" in value else f"http://{value}")


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def parts_of(url: str) -> SplitResult | None:
    """Take an address apart; None when it is none."""
    try:
        split = urlsplit(url)
        usable = bool(split.hostname) and split.port != 0
    except ValueError:
        return None
    return split if usable else None


def _read(url: str) -> Proxy:
    split = parts_of(url)
    if split is None or split.scheme not in _SCHEMES:
        # The address itself is not repeated: it may hold a password.
        raise DemarcError(
            "the proxy address is none: it must begin with http://, https:// or socks5://",
            todo="Check proxy-url in the kubeconfig, or HTTPS_PROXY.",
        )
    # Go leaves resolving the name to a SOCKS proxy; here that is another scheme.
    scheme = "socks5h" if split.scheme == "socks5" else split.scheme
    name = split.hostname or ""
    host = f"[{name}]" if ":" in name else name
    port = f":{split.port}" if split.port else ""
    sign_in = f"{unquote(split.username)}:{unquote(split.password or '')}" if split.username else ""
    return Proxy(url=f"{scheme}://{host}{port}", sign_in=sign_in)


def _excepted(host: str, port: int, entries: str) -> bool:
    return any(_matches(entry.strip().lower(), host.lower(), port) for entry in entries.split(",") if entry.strip())


def _matches(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        pass
    name, colon, only = entry.rpartition(":")
    if colon and only.isdigit() and ":" not in name:
        if int(only) != port:
            return False
        entry = name
    if entry.startswith("*."):
        entry = entry[1:]
    return host.endswith(entry) if entry.startswith(".") else host == entry or host.endswith(f".{entry}")
