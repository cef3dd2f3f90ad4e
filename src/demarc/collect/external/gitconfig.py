"""Remotes of a repository from its ``.git/config``, without the credentials that people leave in them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

_REMOTE = re.compile(r'^\[\s*remote\s+"([^"]*)"\s*\]', re.IGNORECASE)
_URL = re.compile(r"^\s*url\s*=\s*(.*?)\s*$", re.IGNORECASE)
_SCP = re.compile(r"^(?:([^@/:]+)@)?([\w.-]+):(?!//)(.+)$")


def remotes(config: str) -> dict[str, str]:
    """Give the remotes by name, in file order, each address without user and password."""
    found: dict[str, str] = {}
    remote = ""
    for line in config.splitlines():
        if line.lstrip().startswith("["):
            matched = _REMOTE.match(line.strip())
            remote = matched[1] if matched else ""
        elif remote and (address := _URL.match(line)):
            found.setdefault(remote, without_credentials(address[1].strip('"')))
    return found


def without_credentials(address: str) -> str:
    """Take user, password, query and fragment out of an address; ``git@`` of SSH stays, as it tells nothing."""
    short = _SCP.match(address)
    if short and "://" not in address:
        user = "git@" if short[1] == "git" else ""
        return f"{user}{short[2]}:{short[3]}"
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if not parts.scheme:
        return address
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def name_of(address: str) -> str:
    """Give ``owner/name`` (in GitLab with all groups) of a remote's address; empty for a local path."""
    short = _SCP.match(address)
    if "://" in address:
        path = urlsplit(address).path
    elif short:
        path = short[3]
    else:
        return ""
    name = path.strip("/").removesuffix(".git")
    return name if "/" in name else ""
