"""What providers and suppliers hold, how they are asked, and which question belongs to which part and act.

Data with its source and day, beside the boundary; a provider without a file of its own is asked in general terms.
"""

from __future__ import annotations

from functools import cache

import msgspec
from msgspec import Struct

from demarc.catalog.files import names, read

GENERAL = ("asks", "requests")
"""Files that belong to no provider."""


class Page(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where something was read."""

    id: str
    url: str
    date: str | None = None


class Thing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that a customer cannot see."""

    what: str
    proves: str


class Holding(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one provider holds of it."""

    held: str
    source: str | None = None
    """Id of a Page; None for common knowledge, or where nothing is published."""


class LogFacts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A log: from when on it exists, how long it is kept, how it is reached."""

    name: str
    starts: str
    kept: str
    command: str
    keeps_days: int | None = None
    source: str | None = None


class ProviderEscalation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is known of asking one provider. Commands have ``{cluster}``, ``{since}`` and the like in them."""

    provider: str
    firm: str
    compiled: str
    channel: str
    report_to: str
    notices: str
    basis: str
    detection: str
    resource: str
    """How the cluster is named to this provider."""
    staff: str
    """Identities of the provider that are to be expected in a log."""
    sources: tuple[Page, ...]
    requests: dict[str, Holding]
    logs: tuple[LogFacts, ...]
    hold_command: str
    export_command: str
    switch_on_command: str
    disk_command: str
    revoke: dict[str, str]
    """Command by kind of credential, where the provider's own tool ends it."""

    def page(self, wanted: str | None) -> str:
        """A source as ``URL (date)``; empty where there is none."""
        found = next((page for page in self.sources if page.id == wanted), None)
        if found is None:
            return ""
        return f"{found.url} ({found.date or f'read {self.compiled}'})"


class Ask(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question, and to which parts and acts it belongs. What is left empty fits everything."""

    id: str
    of: str
    """provider, supplier, account, own or elsewhere."""
    says: str
    families: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    natures: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    deliveries: tuple[str, ...] = ()
    installed: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    observable: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    service_user: bool = False
    """Only for whoever rents a service."""
    request: str = ""
    """Id of a Thing."""


@cache
def asks() -> tuple[Ask, ...]:
    """All questions, in the order in which they are put."""
    return msgspec.convert(read("escalation/asks.yaml"), tuple[Ask, ...])


@cache
def things() -> dict[str, Thing]:
    """Everything to ask a provider for, by id, in the order in which it matters."""
    return msgspec.convert(read("escalation/requests.yaml"), dict[str, Thing])


@cache
def escalations() -> tuple[str, ...]:
    """Keys of the providers that have a file, sorted."""
    return tuple(name for name in names("escalation") if name not in GENERAL)


@cache
def escalation(provider: str) -> ProviderEscalation | None:
    """How a provider is asked; None for one without a file."""
    if provider not in escalations():
        return None
    return msgspec.convert(read(f"escalation/{provider}.yaml"), ProviderEscalation)
