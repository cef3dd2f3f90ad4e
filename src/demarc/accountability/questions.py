"""Lists what has to be answered: every duty, on every part, in every scope where it applies.

Says nothing of answers. A duty for which nothing was seen is still asked, once, for the cluster as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from demarc.accountability.boundary import component_parts
from demarc.catalog.duties import pairs
from demarc.model.duties import Pair, Unit
from demarc.model.evidence import Gap, GapReason
from demarc.model.inventory import Component, Installer, Inventory, Place, Pool, Scope

LISTED_FROM: dict[Unit, tuple[str, ...]] = {
    Unit.POOL: ("nodes",),
    Unit.NAMESPACE: ("namespaces",),
    Unit.COMPONENT: ("deployments.apps", "daemonsets.apps", "statefulsets.apps"),
    Unit.WORKLOAD: ("pods", "deployments.apps", "daemonsets.apps", "statefulsets.apps", "cronjobs.batch", "jobs.batch"),
    Unit.IDENTITY: (
        "serviceaccounts",
        "clusterrolebindings.rbac.authorization.k8s.io",
        "rolebindings.rbac.authorization.k8s.io",
    ),
}
"""Resources that scopes of a kind are found in: when one could not be listed, scopes may be missing."""

DAMAGED = frozenset(
    {GapReason.TRUNCATED, GapReason.MALFORMED, GapReason.TOO_LARGE, GapReason.REFUSED, GapReason.INTERRUPTED}
)
"""Reasons for which part of an input was not read, so that nobody can say what it held."""

HELD_BY_THE_CLUSTER_TOO: dict[tuple[str, str], str] = {
    ("rbac", "identity.rbac"): "ClusterRoles and their bindings hold in every namespace",
    ("rbac", "identity.access-review"): "ClusterRoles and their bindings hold in every namespace",
    ("admission", "admission.policy"): "webhooks and admission policies hold for the whole cluster",
}
"""Pairs per namespace that also bite on objects of no namespace, with what these are."""

WANTED_KINDS: dict[tuple[str, str], frozenset[str]] = {
    ("workload_identity", "identity.cloud-roles"): frozenset({"cloud-role"}),
    ("cluster_authentication", "identity.offboarding"): frozenset({"human", "service-account"}),
    ("secrets", "secret.rotation"): frozenset({"service-account"}),
    ("workload_certificates", "secret.certificates"): frozenset({"certificate"}),
    ("credentials", "response.revocation"): frozenset({"human", "service-account", "certificate"}),
    ("devices", "endpoint.devices"): frozenset({"human"}),
}
"""Pairs that apply only to scopes of which one of these holds (see Place.kinds)."""


class Question(Struct, frozen=True, kw_only=True, gc=False):
    """One duty, on one part, in one scope."""

    duty: str
    part: str
    place: Place
    pools: tuple[Pool, ...]
    """Ways of running that the scope touches; never empty."""
    component: Component | None = None
    installer: Installer | None = None
    """For a component: the reading of its installer that this question takes."""
    rival_part: str = ""
    """For a component of unknown installer: the part under the other reading."""
    remark: str = ""
    """Why the question stands for the cluster as a whole."""
    unseen: Gap | None = None
    """Set on a question that only says that scopes may be missing."""


class Questions:
    """Every question, duty by duty in the order of scopes."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._pools = {pool.name: pool for pool in inventory.pools}
        cluster = Scope(kind=Unit.CLUSTER, name=inventory.cluster.name)
        self._cluster = Place(scope=cluster)
        self._components = {component.id: component for component in inventory.components}
        self._places: dict[Unit, list[Place]] = {}
        self._places[Unit.POOL] = [_place_of_pool(pool) for pool in inventory.pools]
        for place in inventory.places:
            if place.scope.kind in (Unit.POOL, Unit.COMPONENT):
                continue
            self._places.setdefault(place.scope.kind, []).append(place)
        self._pairs: dict[str, list[Pair]] = {}
        for pair in pairs():
            self._pairs.setdefault(pair.duty, []).append(pair)
        self._known_parts = frozenset((pair.component, pair.duty) for pair in pairs())
        self._component_places = {component.id: _place_of(component) for component in inventory.components}
        self._by_models: dict[tuple[str, ...], tuple[Pool, ...]] = {}

    def of(self, duty: str) -> Iterator[Question]:
        """The questions of one duty."""
        its_pairs = self._pairs.get(duty, [])
        found = list(self._of_duty(duty, its_pairs)) if its_pairs else []
        yield from found or (self._whole(pair, "nothing of the kind was seen in this cluster") for pair in its_pairs)
        yield from self._missing(its_pairs)

    def _of_duty(self, duty: str, its_pairs: list[Pair]) -> Iterator[Question]:
        """Questions of one duty in the scopes that are there."""
        if its_pairs[0].per is Unit.COMPONENT:
            yield from self._of_components(duty)
            return
        for pair in its_pairs:
            if pair.per is Unit.CLUSTER:
                yield self._whole(pair, "")
                continue
            if (beside := HELD_BY_THE_CLUSTER_TOO.get((pair.component, pair.duty))) and self._places.get(pair.per):
                yield self._whole(pair, beside)
            yield from self._of_places(pair)

    def _whole(self, pair: Pair, remark: str) -> Question:
        """A question for the cluster as a whole."""
        return Question(
            duty=pair.duty, part=pair.component, place=self._cluster, pools=self._inventory.pools, remark=remark
        )

    def _missing(self, its_pairs: list[Pair]) -> Iterator[Question]:
        """A question that says which scopes may be missing, where a list that they are found in was not seen."""
        gaps = {gap.what: gap for gap in self._inventory.gaps}
        damage = next((gap for gap in self._inventory.gaps if gap.reason in DAMAGED), None)
        for pair in its_pairs:
            lists = LISTED_FROM.get(pair.per, ())
            if pair.component == "workload_certificates":
                lists = ("secrets",)
            gap = next((gaps[name] for name in lists if name in gaps), damage if lists else None)
            if gap is not None:
                yield Question(
                    duty=pair.duty,
                    part=pair.component,
                    place=self._cluster,
                    pools=self._inventory.pools,
                    unseen=gap,
                    remark=f"{gap.what} could not be seen whole ({gap.reason.value}): scopes may be missing here",
                )

    def _of_places(self, pair: Pair) -> Iterator[Question]:
        wanted = WANTED_KINDS.get((pair.component, pair.duty))
        for place in self._places.get(pair.per, ()):
            if wanted is not None and wanted.isdisjoint(place.kinds):
                continue
            if pair.per in (Unit.WORKLOAD, Unit.IDENTITY) and self._is_platforms(place):
                continue
            yield Question(duty=pair.duty, part=pair.component, place=place, pools=self._pools_of(place))

    def _is_platforms(self, place: Place) -> bool:
        """What the provider put there is answered through its component, not workload by workload."""
        component = self._components.get(place.component)
        return "system" in place.kinds or (component is not None and component.installer is Installer.PROVIDER)

    def _of_components(self, duty: str) -> Iterator[Question]:
        for component in self._inventory.components:
            place = self._component_places[component.id]
            installer = component.installer
            known = installer is not Installer.UNKNOWN
            first = installer if known else Installer.PROVIDER
            parts = {part.duty: part.name for part in component_parts(component, first, self._known_parts)}
            rivals = {
                part.duty: part.name for part in component_parts(component, Installer.CUSTOMER, self._known_parts)
            }
            if duty in parts:
                yield Question(
                    duty=duty,
                    part=parts[duty],
                    place=place,
                    pools=self._pools_of(place),
                    component=component,
                    installer=first,
                    rival_part="" if known else rivals[duty],
                )

    def _pools_of(self, place: Place) -> tuple[Pool, ...]:
        if place.scope.kind is Unit.POOL:
            return (self._pools[place.scope.name],)
        if place.models not in self._by_models:
            found = tuple(pool for pool in self._inventory.pools if pool.model in place.models)
            self._by_models[place.models] = found or self._inventory.pools
        return self._by_models[place.models]


def _place_of(component: Component) -> Place:
    return Place(
        scope=Scope(kind=Unit.COMPONENT, name=component.id),
        namespace=component.namespace,
        labels=component.labels,
        models=component.models,
        component=component.id,
    )


def _place_of_pool(pool: Pool) -> Place:
    return Place(scope=Scope(kind=Unit.POOL, name=pool.name), labels=pool.labels, models=(pool.model,))
