"""Puts the inventory together: one visible line of steps, each from values to values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import structs

from demarc.catalog.components import ComponentCatalogue
from demarc.inventory.components import Components
from demarc.inventory.components import components as find_components
from demarc.inventory.directory import directory
from demarc.inventory.facts import facts
from demarc.inventory.hints import hints
from demarc.inventory.missing import missing
from demarc.inventory.places import places
from demarc.inventory.pools import pools
from demarc.inventory.provider import UNIDENTIFIED, identify
from demarc.inventory.sight import Sight, look
from demarc.model.inventory import Installer, Inventory
from demarc.model.snapshot import Snapshot

_FALLBACK = ("kubeadm_or_other",)


def build(
    snapshot: Snapshot,
    *,
    components: ComponentCatalogue,
    models: Mapping[str, tuple[str, ...]],
    owner_labels: tuple[str, ...],
    contact_annotations: tuple[str, ...],
) -> Inventory:
    """Work out what is there.

    ``models`` gives the deployment models of the boundary by provider; a provider that it does not hold is handled as
    self-managed. Empty ``owner_labels`` and ``contact_annotations`` stand for the common names. Never raises for
    anything that a snapshot may hold: what cannot be told becomes a gap, a warning or an answer that says so.
    """
    sight = look(snapshot)
    verdict = identify(sight)
    identity = verdict.identity
    if identity.provider not in models:
        identity = structs.replace(identity, provider=UNIDENTIFIED, identified=False)
    provider = identity.provider
    found = pools(sight, provider, models.get(provider) or _FALLBACK)
    parts = find_components(sight, provider, found, components)
    known = facts(sight, provider, found, parts)
    return Inventory(
        cluster=identity,
        pools=found.pools,
        components=parts.components,
        places=places(sight, provider, found, parts),
        hints=hints(sight, owner_labels, contact_annotations),
        directory=directory(snapshot),
        facts=known.facts,
        pool_facts=known.pool_facts,
        component_facts=known.component_facts,
        partial=known.partial,
        gaps=missing(sight, provider, identity.name),
        warnings=tuple(dict.fromkeys((*verdict.warnings, *found.warnings, *_warnings(sight, parts)))),
    )


def _warnings(sight: Sight, parts: Components) -> Iterator[str]:
    unknown = [component.id for component in parts.components if component.installer is Installer.UNKNOWN]
    if unknown and sight.managers_hidden:
        yield (
            f"Who installed {len(unknown)} of {len(parts.components)} components is unknown: the dump leaves out "
            "managedFields. Take it with --show-managed-fields, or give the provider's list of add-ons"
        )
