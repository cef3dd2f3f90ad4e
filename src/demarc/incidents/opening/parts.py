"""What took part in a step: the binding that allowed it, the thing that the intruder put there, the metadata service.

Facts only: who put a thing there, by which way it is kept, what was wrong with it. Whose duty that makes it is for the
rules of attribution.
"""

from __future__ import annotations

from typing import Final

from demarc.incidents.opening.births import credential_of
from demarc.incidents.opening.grants import key_of
from demarc.incidents.opening.happenings import Happening
from demarc.incidents.opening.words import kind_of
from demarc.model.incidents import Defect, DefectClass, InstalledBy, ManagedBy, Participant
from demarc.model.investigation import GrantUse, Touched

_RUNS: Final = frozenset(
    {"pods", "deployments", "daemonsets", "statefulsets", "replicasets", "replicationcontrollers", "jobs", "cronjobs"}
)
_PROVIDERS: Final = ("eks:", "aks-", "aks:", "gke-", "gke:", "gce:", "system:gke-", "system:aks-")
LOOKS: Final = frozenset({"T1613", "T1069.003"})
"""Looking around, and what was refused: nothing was taken or changed."""
WIDE: Final = 3
"""Weight of a detection from which on the right that allowed it was more than harmless."""


class Parts:
    """Participants of a case, each once."""

    def __init__(self, grants: tuple[GrantUse, ...], made: tuple[Touched, ...]) -> None:
        self._grants = {grant.binding: grant for grant in grants}
        self._made = {(one.kind, one.namespace, one.name): one for one in made if "create" in one.done}
        self._found: dict[str, Participant] = {}
        self.start: Participant | None = None
        """How it began, where anything points to it."""

    @property
    def all(self) -> tuple[Participant, ...]:
        """In the order in which they were asked for."""
        return tuple(self._found.values())

    def own(self, event: Happening) -> bool:
        """Whether an event is about something that the case made."""
        return (event.resource, event.namespace, event.name) in self._made

    def note(self, part: Participant) -> Participant:
        """Keep a participant; the first of an id stays."""
        return self._found.setdefault(part.id, part)

    def of(self, event: Happening, technique: str, weight: int) -> Participant:
        """The participant of an event."""
        if technique == "T1070":
            return self._sound("evidence", "evidence", "what tells of the case", ManagedBy.CUSTOMER_CONFIG)
        if technique == "IMDS_FROM_POD":
            return self._sound(
                "metadata", "instance_metadata", "the metadata service of nodes", ManagedBy.CUSTOMER_CONFIG
            )
        makes = event.verb == "create" and not event.subresource
        if event.resource in _RUNS and (makes or self.own(event)) and not event.refused:
            name = f"{kind_of(event.resource)} {event.namespace}/{event.name}"
            return self._put(f"{event.resource}/{event.namespace}/{event.name}", "workload", name)
        credential = credential_of(event)
        if credential.startswith("Secret ") and ("secrets", *_split(credential)) in self._made:
            return self._put(credential, "service_accounts", f"the lasting token in {credential}")
        if (
            event.resource in {"secrets", "serviceaccounts"}
            and event.verb == "create"
            and not event.subresource
            and event.done
        ):
            kind = kind_of(event.resource)
            return self._put(
                f"{kind} {event.namespace}/{event.name}", "service_accounts", f"{kind} {event.namespace}/{event.name}"
            )
        if event.impersonated_user:
            words = f"the right of {event.user_name} to act as others"
            return self._sound(words, "rbac", words, ManagedBy.CUSTOMER_MANIFEST)
        if technique in LOOKS and self._is_everybodys(event):
            # Everybody who signs in may ask this: what failed, if anything, is what let the credential go.
            if self.start is not None:
                return self.start
            return self._sound("rbac", "rbac", "rights in the cluster", ManagedBy.CUSTOMER_CONFIG)
        return self._right(event, weight)

    def _is_everybodys(self, event: Happening) -> bool:
        grant = self._grants.get(key_of(event))
        return event.grant_name.startswith("system:") and (grant is None or not grant.by_case)

    def _right(self, event: Happening, weight: int) -> Participant:
        key = key_of(event)
        if key:
            return self._grant(key, event, weight)
        if "system:masters" in event.user_groups.split("\n"):
            return self._sound("masters", "cluster_authentication", "a credential of system:masters", ManagedBy.UNKNOWN)
        if event.user_name.startswith("system:node:"):
            return self._sound(event.user_name, "node", f"node {event.user_name[12:]}", ManagedBy.NODE_IMAGE)
        return self._sound("rbac", "rbac", "rights in the cluster", ManagedBy.CUSTOMER_CONFIG)

    def _grant(self, key: str, event: Happening, weight: int) -> Participant:
        grant = self._grants.get(key)
        if grant is not None and grant.by_case:
            return self._put(key, "rbac", key)
        built_in = event.grant_name.startswith("system:")
        provider = event.grant_name.startswith(_PROVIDERS)
        wide = event.grant_kind == "ClusterRoleBinding" and weight >= WIDE and not built_in
        part = Participant(
            id=key,
            kind="default_bindings" if built_in and not provider else "rbac",
            name=f"{key} of {event.role_kind} {event.role_name}",
            installed_by=InstalledBy.PROVIDER if built_in or provider else InstalledBy.CUSTOMER,
            managed_by=ManagedBy.SERVICE_SIDE if built_in or provider else ManagedBy.CUSTOMER_MANIFEST,
            evidence=grant.written_basis if grant is not None else "",
            defect=Defect(ref=f"{event.role_name} in every namespace", kind=DefectClass.MISCONFIGURATION)
            if wide
            else None,
        )
        known = self._found.get(part.id)
        if known is not None and known.defect is None and part.defect is not None:
            self._found[part.id] = part
        return self.note(part) if known is None else self._found[part.id]

    def _put(self, name: str, kind: str, words: str) -> Participant:
        return self.note(Participant(id=name, kind=kind, name=words, installed_by=InstalledBy.INTRUDER))

    def _sound(self, name: str, kind: str, words: str, managed: ManagedBy) -> Participant:
        return self.note(
            Participant(id=name, kind=kind, name=words, installed_by=InstalledBy.CUSTOMER, managed_by=managed)
        )


def _split(credential: str) -> tuple[str, str]:
    namespace, _, name = credential.removeprefix("Secret ").partition("/")
    return namespace, name
