"""What the inventory looks at beside the ground of checks: consumers, owners, ages, equal values, indexed once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain

from demarc.access.planes.powers import ordered, powers_of
from demarc.access.techniques.pods import Running
from demarc.lifecycle.authorities import Trusts
from demarc.lifecycle.consumers import consumers
from demarc.lifecycle.credential import Consumer
from demarc.lifecycle.releases import Releases, is_release
from demarc.model.inventory import Scope
from demarc.model.kubernetes import ConfigMap, Container, FluxSource, Secret, WorkloadObject
from demarc.model.planes import Power
from demarc.model.posture import Answers
from demarc.model.snapshot import Snapshot
from demarc.nhi.ages import Ages
from demarc.nhi.kinds import secret_parts
from demarc.nhi.policy import Policy
from demarc.posture.ground import Ground
from demarc.posture.pod_security import containers
from demarc.posture.referrers import Referrers
from demarc.posture.whose import Owners


class NhiGround:
    """One cluster, as the inventory sees it."""

    def __init__(self, ground: Ground, policy: Policy, earlier: Snapshot | None) -> None:
        self.ground = ground
        self.policy = policy
        self.ages = Ages(ground.snapshot, ground.trail, earlier)
        self._owners = Owners(ground)

    def answers(self, duty: str, scope: Scope, *, component: str = "") -> Answers:
        """Who answers for a duty in a scope."""
        return self._owners.for_duty(duty, scope, component=component)

    @cached_property
    def consumers(self) -> dict[tuple[str, str], tuple[Consumer, ...]]:
        """Who uses each Secret, by its namespace and name."""
        return consumers(self.ground.snapshot)

    @cached_property
    def referrers(self) -> Referrers:
        """Whatever names a Secret."""
        return Referrers(self.ground.view)

    @cached_property
    def running_as(self) -> dict[tuple[str, str], list[Running]]:
        """Workloads by the service account that they run as."""
        found: dict[tuple[str, str], list[Running]] = {}
        for running in self.ground.workloads:
            found.setdefault((running.namespace, running.account), []).append(running)
        return found

    @cached_property
    def delivered(self) -> frozenset[tuple[str, str]]:
        """Secrets that Flux fetches with."""
        kinds = ("GitRepository", "OCIRepository", "HelmRepository")
        sources = (
            (source.metadata.namespace, source.spec.secret_ref.name)
            for kind in kinds
            for source in self.ground.snapshot.all(f"{kind}.source.toolkit.fluxcd.io", FluxSource)
            if source.spec.secret_ref is not None
        )
        return frozenset(sources)

    @cached_property
    def powers(self) -> dict[tuple[str, str], tuple[tuple[Power, ...], tuple[str, ...]]]:
        """Powers of service accounts beyond the defaults, and the namespaces where they hold ('' for the cluster)."""
        known: dict[int, tuple[Power, ...]] = {}
        found: dict[tuple[str, str], tuple[tuple[Power, ...], tuple[str, ...]]] = {}
        for account, bounds in self.ground.granted_to.items():
            powers: set[Power] = set()
            for bound in bounds:
                powers.update(known.setdefault(id(bound.rules), powers_of(bound.rules.rules)))
            spaces = tuple(sorted({bound.namespace for bound in bounds}))
            found[account] = (ordered(powers), spaces)
        return found

    def secrets_with(self, values: Iterable[str]) -> dict[str, None]:
        """Every Secret with one of these values, by their fingerprints."""
        return dict.fromkeys(chain.from_iterable(self._secrets_of.get(value, ()) for value in values))

    def places_with(self, values: Iterable[str]) -> dict[str, None]:
        """Every other place with one of these values: ConfigMaps, environments, old revisions."""
        return dict.fromkeys(chain.from_iterable(self._places_of.get(value, ()) for value in values))

    @cached_property
    def trusts(self) -> Trusts:
        """Who depends on certificate authorities."""
        return Trusts(self.ground.snapshot)

    @cached_property
    def releases(self) -> Releases:
        """What Helm keeps of what it installed."""
        return Releases(self.ground.snapshot)

    @cached_property
    def _secrets_of(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for secret in self.ground.snapshot.all("Secret", Secret):
            for value in secret_parts(secret).values():
                found.setdefault(value, []).append(f"Secret {secret.key}")
        return found

    @cached_property
    def _places_of(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for value, place in self._values():
            found.setdefault(value, []).append(place)
        for value, releases in self.releases.places.items():
            found.setdefault(value, []).extend(releases)
        return found

    def _values(self) -> Iterator[tuple[str, str]]:
        for item in self.ground.snapshot.all("ConfigMap", ConfigMap):
            if not is_release(item):
                yield from ((literal.fingerprint, f"ConfigMap {item.key}") for literal in item.literals)
        for box in self.ground.boxes:
            yield from ((value, f"environment of {box.running.what}") for value in _literals(box.container))
        for old in self.ground.snapshot.all("ReplicaSet.apps", WorkloadObject):
            if old.spec.replicas == 0:  # a revision that is kept to go back to: its values are read as easily
                for _, container in containers(old.spec.template.spec):
                    yield from ((value, f"environment of ReplicaSet {old.key}") for value in _literals(container))


def _literals(container: Container) -> Iterator[str]:
    return (variable.literal for variable in container.env or () if variable.literal)
