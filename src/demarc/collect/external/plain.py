"""The door for exports: turns what a decoder made into plain JSON values, and keeps secret values out.

Exports are descriptions, but the tools that print them are careless: GitLab prints the values of CI variables, GKE the
password of a cluster, EC2 the boot script of a node. Everything that becomes a Record goes through here first, so that
no reader has to remember it. It knows names and forms of secrets, not shapes of answers.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

WITHHELD = "(withheld)"
"""Stands where a secret value stood: that there was one is a fact worth keeping."""

MAX_DEPTH = 64
"""Levels of nesting that are kept; no tool prints deeper descriptions."""

MAX_REPEATED = 200_000
"""Fields and entries that aliases may repeat in one value."""

TOO_DEEP = "(nested too deep, not kept)"
TOO_OFTEN = "(repeated too often, not kept)"

_SECRET_ENDS = (
    "password",
    "passwd",
    "passphrase",
    "token",
    "secret",
    "secretaccesskey",
    "secretstring",
    "secrettext",
    "privatekey",
    "privatekeydata",
    "clientkey",
    "clientkeydata",
    "apikey",
    "accountkey",
    "sharedkey",
    "primarykey",
    "secondarykey",
    "encryptionkey",
    "connectionstring",
    "recoveryanswer",
    "answer",
    "userdata",
    "kubeconfig",
    "kubeconfigs",
    "protectedsettings",
    "hint",
)
"""Ends of field names, in lower case without ``_`` and ``-``, that hold a secret wherever they appear."""

_NOT_SECRET = frozenset({"id-token", "passwordhint"})
"""Fields that end alike and hold none: the permission ``id-token: write`` of a workflow."""

_NAMES_ONLY = frozenset({"id_tokens", "secrets", "permissions"})
"""Pipeline fields whose children are named after secrets and describe them: where each is, for whom."""

_REFERENCE = re.compile(r"^\s*(\$\{\{.*\}\}|\$\{?\w+\}?|\$\(\w+\)|%\w+%|\{\{.*\}\})\s*$", re.DOTALL)
"""A value that only names where the secret is: ``${{ secrets.X }}``, ``$TOKEN``."""

_SECRET_FORMS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"
    r"|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bgl(?:pat|rt|dt|cbt|ptt|soat|ft)-[\w.-]{10,}"
    r"|\bxox[abeprs]-[\w-]{10,}|\bsk-[\w-]{20,}|\bhf_[A-Za-z0-9]{20,}|\bnpm_[A-Za-z0-9]{30,}"
    r"|\bAIza[\w-]{30,}|\bya29\.[\w-]{10,}|\bk8s-aws-v1\.[\w-]{10,}|\bdop_v1_[0-9a-f]{30,}"
    r"|(?<=://)[^\s/@:]*:[^\s/@]+(?=@)",
    re.DOTALL,
)
_MARKS = (
    *("PRIVATE KEY", ".eyJ", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    *("glpat-", "glrt-", "gldt-", "glcbt-", "glptt-", "glsoat-", "glft-", "xox", "sk-", "hf_", "npm_"),
    *("AIza", "ya29.", "k8s-aws-v1.", "dop_v1_"),
)
"""What every form holds, save an address with a password: looked for first, as almost no text has any of them."""
_SHORTEST_FORM = 8
_BIGGEST_INTEGER = 2**63 - 1


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Tell whether a field of that name holds a secret value by its meaning."""
    if name in _NOT_SECRET:
        return False
    return name.lower().replace("_", "").replace("-", "").endswith(_SECRET_ENDS)


def withhold(value: Any) -> Any:
    """Give WITHHELD for a value that says something; null, empty and yes/no stay."""
    return WITHHELD if value and not isinstance(value, bool) else value


def plain(value: Any) -> Any:
    """Copy a decoded JSON or YAML value as plain JSON values without secrets.

    Values of fields that hold a secret by name become WITHHELD, as do parts of any text that have the form of one. Keys
    become text, times ISO 8601, numbers beyond 64 bits text. Nesting beyond MAX_DEPTH is cut, and so is what YAML
    aliases repeat beyond MAX_REPEATED: a small file must not unfold into a huge value. Never raises.
    """
    return _Copy().of(value)


class _Copy:
    """One walk over one value, with what it has seen of aliases."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._left = MAX_REPEATED

    def of(self, value: Any, *, secret: bool = False, names_only: bool = False, depth: int = 0) -> Any:
        if isinstance(value, str):
            return _text(value, secret=secret)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, (dict, list, tuple, set, frozenset)):
            if depth > MAX_DEPTH:
                return TOO_DEEP
            if self._repeats_too_much(value):
                return TOO_OFTEN
            if isinstance(value, dict):
                return {
                    name: self._field(name, item, secret=secret, names_only=names_only, depth=depth + 1)
                    for name, item in ((_key(key), item) for key, item in value.items())
                }
            return [self.of(item, secret=secret, depth=depth + 1) for item in value]
        return WITHHELD if secret else _scalar(value)

    def _field(self, name: str, value: Any, *, secret: bool, names_only: bool, depth: int) -> Any:
        if name in _NAMES_ONLY and isinstance(value, dict):
            return self.of(value, names_only=True, depth=depth)
        if names_only and isinstance(value, dict):
            return self.of(value, depth=depth)
        return self.of(value, secret=secret or is_secret_name(name), depth=depth)

    def _repeats_too_much(self, container: Any) -> bool:
        """Containers that JSON made are seen once each; only aliases bring one back."""
        if id(container) not in self._seen:
            self._seen.add(id(container))
            return False
        self._left -= 1 + len(container)
        return self._left < 0


def _scalar(value: Any) -> Any:
    if isinstance(value, int):
        return value if -_BIGGEST_INTEGER <= value <= _BIGGEST_INTEGER else hex(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value.isoformat() if isinstance(value, (datetime, date, time)) else WITHHELD


def _text(value: str, *, secret: bool) -> str:
    if not value.isascii():
        value = value.encode("utf-8", "replace").decode("utf-8")
    if secret:
        return value if not value or _REFERENCE.match(value) else WITHHELD
    if len(value) < _SHORTEST_FORM or not _may_hold_secret(value):
        return value
    return _SECRET_FORMS.sub(WITHHELD, value)


def _may_hold_secret(value: str) -> bool:
    if "@" in value and "://" in value:
        return True
    for mark in _MARKS:  # noqa: SIM110 - a loop costs half of any() here, and every text of every export passes
        if mark in value:
            return True
    return False


def _key(key: Any) -> str:
    """YAML 1.1 reads the bare key ``on`` of a workflow as true."""
    if isinstance(key, bool):
        return "on" if key else "off"
    return _text(key if isinstance(key, str) else str(_scalar(key)), secret=False)
