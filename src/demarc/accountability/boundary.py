"""Resolves a boundary row for one way of running (a pool and its model) by the facts of the cluster.

The duty is the unit and the date is the register's: here only the published boundary and the overrides speak.
Contracts come later (``contracts``), owners later still (``holders``).
"""

from __future__ import annotations

from msgspec import Struct

from demarc.accountability.conditions import UNSEEN, View, evaluate
from demarc.catalog.boundaries import ProviderBoundary
from demarc.model.boundary import Basis, BoundaryReading, BoundaryRow, Condition, Confidence, Override, Party
from demarc.model.inventory import Component, Installer, Inventory, Management, Pool

POOL_OBJECTS = frozenset({"eks.nodegroup", "ec2.launchTemplateVersion", "gke.nodePool"})
"""Condition objects that describe one pool."""
COMPONENT_OBJECTS = frozenset({"eks.addon"})
"""Condition objects that describe one component."""
SERVICE_OFFERS = frozenset({"eks.capability", "aks.extension"})
"""Condition objects that describe what the provider runs on request: they say nothing of what a customer installed."""


class Resolution(Struct, frozen=True, kw_only=True):
    """The boundary's answer for one duty, part and way of running."""

    party: Party | None
    """None when no row answers."""
    row: BoundaryRow | None
    override: Override | None = None
    unseen: tuple[Override, ...] = ()
    """Overrides to another party whose fact was not seen."""
    open: bool = False
    """True when an ordinary setting that was not seen decides between parties: the answer is unknown."""
    readings: tuple[BoundaryReading, ...] = ()
    """For an ambiguous party: the tenable readings."""
    settle: str = ""
    ask: str = ""
    why: str = ""
    """Why no row answers, or why the party is open, where the row does not say it."""
    supplier: str = ""
    """The third party that acts, where the party is third_party and it is known."""


class Context(Struct, frozen=True, kw_only=True):
    """Where conditions look for the facts of one answer."""

    inventory: Inventory
    pool: Pool
    component: Component | None = None

    def view(self, condition: Condition) -> View:
        """What is known of the object that a condition asks about."""
        kind, inventory = condition.object, self.inventory
        if self.component and self.component.id in inventory.component_facts and kind in COMPONENT_OBJECTS:
            found = inventory.component_facts[self.component.id].get(kind)
            return UNSEEN if found is None else View(documents=(found,))
        if kind in POOL_OBJECTS:
            found = inventory.pool_facts.get(self.pool.name, {}).get(kind)
            return UNSEEN if found is None else View(documents=(found,))
        if kind not in inventory.facts:
            return UNSEEN
        return View(documents=inventory.facts[kind], known_paths=inventory.partial.get(kind, ()))


def resolve(boundary: ProviderBoundary, duty: str, part: str, context: Context) -> Resolution:
    """Answer a duty on a part of the boundary's vocabulary, for the model of the context's pool."""
    row = boundary.row(context.pool.model, duty, part)
    if row is None:
        why = boundary.why_uncovered(context.pool.model, duty) or "no page that was read answers it"
        return Resolution(party=None, row=None, why=why)
    beside = _beside_the_point(context.component)
    overrides = tuple(item for item in row.overrides if item.when.object not in beside)
    return _apply(row, overrides, context)


def _beside_the_point(component: Component | None) -> frozenset[str]:
    """Condition objects that say nothing of a component, because it does not come that way."""
    if component is None:
        return frozenset()
    if component.installer is Installer.CUSTOMER:
        return SERVICE_OFFERS
    built_in = component.management in (Management.SERVICE, Management.NODE_IMAGE)
    return COMPONENT_OBJECTS if built_in else frozenset()


def _apply(row: BoundaryRow, overrides: tuple[Override, ...], context: Context) -> Resolution:
    unseen: list[Override] = []
    chosen: Override | None = None
    for override in overrides:
        answer = evaluate(override.when, context.view(override.when))
        if answer is None:
            unseen.append(override)
        elif answer:
            chosen = override
            break
    party = chosen.party if chosen else row.party
    rivals = [override for override in unseen if override.party is not party]
    # A special feature that exists only when somebody asked for it does not unsettle the ordinary answer; an
    # ordinary setting with either value does.
    is_open = party is not Party.AMBIGUOUS and any(rival.when.op != "exists" for rival in rivals)
    origin: BoundaryRow | Override = chosen or row
    return Resolution(
        party=party,
        row=row,
        override=chosen,
        unseen=tuple(rivals),
        open=is_open,
        readings=origin.readings if party is Party.AMBIGUOUS else (),
        settle=origin.settle,
        ask=origin.ask,
    )


class Part(Struct, frozen=True, kw_only=True):
    """The part of the boundary's vocabulary that a component stands for, under one installer."""

    duty: str
    name: str


def component_parts(component: Component, installer: Installer, known: frozenset[tuple[str, str]]) -> tuple[Part, ...]:
    """The (duty, part) pairs that a component has, given who installed it.

    The installer decides, not the kind: an ingress controller from a chart is the customer's add-on even where the
    provider has an ingress controller of its own. ``known`` holds the boundary's (part, duty) pairs.
    """
    parts = []
    if installer is Installer.CUSTOMER:
        parts = [
            Part(duty="addon.fix", name="self_installed_addon"),
            Part(duty="addon.rollout", name="self_installed_addon"),
            Part(duty="addon.privileges", name="self_installed_addon"),
            Part(duty="addon.configuration", name="self_installed_addon"),
        ]
    else:
        own = component.kind if (component.kind, "addon.rollout") in known else "managed_addon"
        bounded = "autoscaler" if component.kind == "autoscaler" else "vendor_in_cluster_identity"
        parts = [
            Part(duty="addon.fix", name="managed_addon"),
            Part(duty="addon.rollout", name=own),
            Part(duty="addon.privileges", name=bounded),
            Part(duty="addon.configuration", name="managed_addon"),
        ]
    if component.kind == "delivery_controller":
        parts.append(Part(duty="delivery.controllers", name="delivery_controller"))
    return tuple(parts)


def supplier_fix(component: Component) -> Resolution:
    """Who builds the fix of a component that the customer installed: its maker, by the rule of the supplier.

    No provider page speaks of it, so the row rests on inference from the component catalogue.
    """
    if not component.supplier:
        return Resolution(party=None, row=None, why="its maker is not in the component catalogue")
    row = BoundaryRow(
        provider="",
        models=(),
        component="self_installed_addon",
        duty="addon.fix",
        party=Party.THIRD_PARTY,
        basis=Basis.INFERENCE,
        confidence=Confidence.LOW,
        source=None,
        note=f"{component.supplier} makes {component.title}; whoever installs it waits for the maker's fix.",
    )
    return Resolution(party=Party.THIRD_PARTY, row=row, supplier=component.supplier)


def unknown_installer(by_provider: Resolution, by_customer: Resolution, component: Component) -> Resolution:
    """Join the readings of a component whose installer cannot be told: settled only where both agree."""
    if by_provider.party is by_customer.party and by_provider.party is not None:
        return by_customer
    readings = tuple(
        BoundaryReading(party=party, says=f"{component.title} was installed by the {who}.", source=source)
        for who, party, source in (
            ("provider", by_provider.party, by_provider.row.source if by_provider.row else None),
            ("customer", by_customer.party, by_customer.row.source if by_customer.row else None),
        )
        if party is not None
    )
    return Resolution(
        party=Party.AMBIGUOUS,
        row=by_provider.row or by_customer.row,
        readings=readings,
        settle=(
            f"Find out who installed {component.title}: give the provider's add-on description, or a dump with "
            "managed fields (kubectl get -o json --show-managed-fields)."
        ),
        why="who installed it cannot be told",
    )
