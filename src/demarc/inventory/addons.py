"""What the provider's own API says of add-ons: the strongest word on who installed a component.

EKS: describe-addon and list-addons. AKS: profiles and extensions. GKE: addonsConfig. What the API does not speak of
stays open.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from demarc.catalog.components import KnownComponent
from demarc.inventory.platform import reserved
from demarc.inventory.readings import Reading, reading
from demarc.inventory.records import Descriptions, dig, words
from demarc.model.evidence import Grade
from demarc.model.inventory import Installer, Management
from demarc.model.snapshot import Record

_ON: Final = frozenset({"istio", "auto"})
"""Values of ``mode`` that switch a profile on."""


class Addons(Struct, frozen=True, kw_only=True):
    """What is described of add-ons in one cluster."""

    provider: str
    descriptions: Descriptions
    placed: dict[str, frozenset[str]]
    """Catalogue name -> namespaces in which the component was seen, to tell whose description it is."""

    def record(self, entry: KnownComponent) -> Record | None:
        """The add-on or extension record that describes a component."""
        names = {name.lower() for name in entry.addons.get(self.provider, ())}
        for record in self.descriptions.of("eks.addon") if self.provider == "eks" else ():
            if record.name.lower() in names:
                return record
        for record in self.descriptions.of("aks.extension") if self.provider == "aks" else ():
            if words(record.body, "extensionType").lower() in names:
                return record
        return None

    def readings(self, entry: KnownComponent, namespace: str) -> Iterator[Reading]:
        """What the API answers for a component in a namespace; nothing where it does not speak of it."""
        if self.provider not in entry.addons or not self._meant(entry, namespace):
            return
        record = self.record(entry)
        if record is not None:
            yield _answer(
                Installer.PROVIDER, f"the provider's add-on API describes it ({record.kind} {record.name})", record
            )
        elif self.provider == "eks":
            yield from self._listed(entry)
        else:
            yield from self._profile(entry)

    def _meant(self, entry: KnownComponent, namespace: str) -> bool:
        """An add-on is there once: of several copies, the one in the platform's namespace or where its record says."""
        spaces = self.placed.get(entry.name, frozenset())
        record = self.record(entry)
        own = words(record.body, "namespaceConfig.namespace") if record else ""
        if own:
            return namespace == own
        return len(spaces) < 2 or reserved(namespace, self.provider)

    def _listed(self, entry: KnownComponent) -> Iterator[Reading]:
        listing = self.descriptions.listing("eks.addon")
        names = dig(listing.body, "names") if listing else None
        if listing is None or not isinstance(names, list):
            return
        listed = {name.lower() for name in names if isinstance(name, str)}
        if listed & {name.lower() for name in entry.addons["eks"]}:
            yield _answer(Installer.PROVIDER, "the provider lists it among its add-ons", listing)
        else:
            says = "the provider's list of add-ons does not name it"
            yield _answer(Installer.CUSTOMER, says, listing, way=Management.UNKNOWN)

    def _profile(self, entry: KnownComponent) -> Iterator[Reading]:
        record = self.descriptions.cluster
        if record is None or record.kind != f"{self.provider}.cluster":
            return
        states = [(name, _enabled(record.body, name)) for name in entry.addons[self.provider]]
        for name, state in states:
            if state:
                yield _answer(Installer.PROVIDER, f"the provider describes {name} as enabled", record)
                return
        if any(state is False for _, state in states):
            names = ", ".join(name for name, state in states if state is False)
            says = f"the provider describes {names} as not enabled"
            yield _answer(Installer.CUSTOMER, says, record, way=Management.UNKNOWN)


def _enabled(body: dict[str, Any], name: str) -> bool | None:
    """Whether a profile is on; None where the description does not hold it."""
    for path in (name, f"addonProfiles.{name}", f"addonsConfig.{name}"):
        found = dig(body, path)
        if not isinstance(found, dict):
            continue
        enabled, disabled, mode = dig(found, "enabled"), dig(found, "disabled"), dig(found, "mode")
        if isinstance(enabled, bool):
            return enabled
        if isinstance(disabled, bool):
            return not disabled
        if isinstance(mode, str):
            return mode.lower() in _ON
        return None
    return None


def _answer(installer: Installer, says: str, record: Record, *, way: Management = Management.PROVIDER_ADDON) -> Reading:
    return reading(installer, way, says, Grade.ANSWERED, record.source)
