"""Puts names of a case into command templates: quoted for a shell, or a word in capitals where the case has none.

A name that is prose (described by hand) never becomes an argument: somebody would run it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.:/@+=-]*$")
_KIND = re.compile(
    r"^(pod|secret|configmap|service|node|deployment|daemonset|statefulset|job|cronjob|serviceaccount|namespace|"
    r"clusterrole|role|clusterrolebinding|rolebinding)s?$",
    re.IGNORECASE,
)
"""Words of a description that name a kind and no object of it."""
_LONGEST = 512


class _Names(dict[str, str]):
    """Names by key; a key that the case has no name for becomes a word to fill in."""

    def __missing__(self, key: str) -> str:
        return key.upper()


def filled(template: str, names: Mapping[str, str]) -> str:
    """A command with the names of the case. Empty stays empty."""
    known = {key: argument(value, key) for key, value in names.items() if value}
    return template.format_map(_Names(known)) if template else ""


def argument(value: str, key: str) -> str:
    """One argument: quoted; what is no name of anything becomes the key in capitals."""
    is_word = key != "kind" and _KIND.match(value)
    if len(value) > _LONGEST or is_word or not _NAME.match(value):
        return key.upper()
    return shlex.quote(value)


def identity_argument(name: str) -> str:
    """An identity as Demarc's commands take it: ``system:serviceaccount:ns:name`` as ``sa:ns/name``."""
    parts = name.split(":")
    if name.startswith("system:serviceaccount:") and len(parts) == 4:
        return f"sa:{parts[2]}/{parts[3]}"
    return name if name.startswith("sa:") else f"user:{name}"
