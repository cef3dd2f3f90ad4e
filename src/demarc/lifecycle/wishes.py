"""What a user says about credentials: which to rotate, by which strategy, with which settings. A YAML file.

It holds no secret value: issuers' own credentials are named by the Secret that holds them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import msgspec
import yaml
from msgspec import Struct

from demarc.model.errors import DemarcError, Where

_LENGTH: Final = re.compile(r"^(\d+)\s*([smhd])$")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Wish(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is wanted of one credential."""

    secret: str
    """``namespace/name``."""
    strategy: str = ""
    settings: dict[str, str] = {}
    external: tuple[str, ...] = ()
    """Who uses it from outside the cluster, by any name: ``gitlab-ci``."""
    quiet: str = ""
    """How long the old one must stay unused: ``30m``, ``25h``, ``7d``."""
    observe: str = ""
    """How long it stays turned off before it is removed."""


class Wishes(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole file of them."""

    quiet: str = ""
    """Empty: an hour, for tokens a day and an hour; never less than the longest silence of a consumer."""
    observe: str = "1h"
    credentials: tuple[Wish, ...] = ()

    def of(self, key: str) -> Wish | None:
        """The wish for a credential, by ``namespace/name``."""
        return next((wish for wish in self.credentials if wish.secret == key), None)


def seconds(text: str, where: str) -> int:
    """Read a length of time such as ``90s``, ``30m``, ``25h`` or ``7d``. Raises DemarcError."""
    match = _LENGTH.match(text.strip())
    if not match:
        raise DemarcError(f"not a length of time: {text!r}", where=Where(file=where), todo="write 30m, 25h or 7d")
    return int(match[1]) * _SECONDS[match[2]]


def read_wishes(path: Path) -> Wishes:
    """Read a file of wishes. Raises DemarcError."""
    where = Where(file=str(path))
    try:
        found = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        return msgspec.convert(found or {}, Wishes, strict=False)
    except OSError as error:
        raise DemarcError(f"cannot be read: {error.strerror}", where=where) from error
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        problem = " ".join(str(error).split())
        raise DemarcError(problem, where=where, todo="see docs/concepts/lifecycle.md") from error
