"""What the environment says: read here, once, and passed on. Every name is documented in docs/settings.md."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

HOME = "DEMARC_HOME"
"""Folder of this installation's own files (the fingerprint key). Default: ``$XDG_CONFIG_HOME/demarc``."""
REGISTER = "DEMARC_REGISTER"
"""Folder of the register, where ``--register`` is not given."""

LEDGER = "DEMARC_LEDGER"
"""The ledger, where ``--ledger`` is not given: a file, or the address of a PostgreSQL database."""

NAMES = (HOME, REGISTER, LEDGER)
"""Every environment variable of Demarc's own."""


class Settings(Struct, frozen=True, kw_only=True):
    """Settings of one run."""

    home: Path
    register: Path | None
    ledger: str | None = None


def settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings out of an environment."""
    config = environment.get("XDG_CONFIG_HOME") or Path(environment.get("HOME") or Path.home(), ".config")
    home = Path(environment.get(HOME) or Path(config, "demarc"))
    register = environment.get(REGISTER)
    return Settings(home=home, register=Path(register) if register else None, ledger=environment.get(LEDGER) or None)
