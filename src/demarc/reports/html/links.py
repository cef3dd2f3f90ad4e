"""Addresses that a page may link to."""

from __future__ import annotations

from urllib.parse import quote


def web_address(url: str) -> str:
    """The address when it is plain http or https, else nothing: a page must never run what input calls a link."""
    return quote(url, safe=":/?#[]@!$&'()*+,;=%~-._") if url.startswith(("https://", "http://")) else ""


def fragment(**conditions: str) -> str:
    """Fragment that opens the matrix with filters: ``#status=nobody&layer=node``."""
    return "#" + "&".join(
        f"{name}={quote(value.encode('utf-8', 'replace'), safe='')}" for name, value in conditions.items()
    )
