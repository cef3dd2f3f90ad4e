"""Who delivers to a cluster by declaration: delivery controllers, pipelines and what the register names for delivery.

What anybody else changes by hand goes past them. It knows identities, not what they did.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cached_property
from typing import Final

from demarc.access.delivery import Delivery
from demarc.model.trail import SERVICE_ACCOUNT, IdentityUse
from demarc.posture.ground import Ground

_DELIVERS: Final = ("delivery.", "supply.pipeline-credentials")
_SYSTEM: Final = (
    *("system:node:", "system:kube-", "system:apiserver", "system:serviceaccount:kube-system:", "eks:"),
    *("system:gke-", "system:serviceaccount:openshift-", "system:serviceaccount:gke-managed-", "system:cloud-"),
)
"""Controllers of Kubernetes and of providers, by the beginning of their user names."""
_SYSTEM_USERS: Final = frozenset({"aksService", "masterclient", "nodeclient", "acsService"})
"""Users of AKS itself."""


class Declared:
    """Identities that deliver, as user names of the API server. Built once."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    @cached_property
    def controllers(self) -> frozenset[str]:
        """Accounts of delivery controllers that run in the cluster."""
        return frozenset(
            f"{SERVICE_ACCOUNT}{namespace}:{name}"
            for (namespace, name), component in self._ground.component_accounts.items()
            if self._ground.components[component].kind == "delivery_controller"
        )

    @cached_property
    def roles(self) -> frozenset[str]:
        """Names of cloud roles that pipeline definitions assume."""
        pipelines = Delivery(self._ground.snapshot).pipelines
        return frozenset(role.rpartition("/")[2] for pipeline in pipelines for role in pipeline.roles)

    @cached_property
    def registered(self) -> tuple[str, ...]:
        """Identities, as globs, for which the register names who answers for delivery."""
        return tuple(
            entry.scope.identity
            for entry in self._ground.register.assignments
            if entry.scope.identity and any(duty.startswith(_DELIVERS) for duty in entry.duties)
        )

    @property
    def names_any(self) -> bool:
        """Whether anything is declared at all: without it nobody can be said to go past it."""
        return bool(self.controllers or self.roles or self.registered)

    def delivers(self, user: str) -> bool:
        """Whether a user delivers by declaration."""
        if user in self.controllers:
            return True
        use = self._ground.trail.by_user.get(user) if self._ground.trail is not None else None
        if any(role in _roles(user, use) for role in self.roles):
            return True
        return any(fnmatchcase(name, pattern) for name in _names(user) for pattern in self.registered)

    def is_system(self, user: str) -> bool:
        """Whether a user is a controller: of Kubernetes, of the provider, or of a component in the cluster."""
        if user.startswith(_SYSTEM) or user in _SYSTEM_USERS:
            return True
        account = _account(user)
        return account is not None and account in self._ground.component_accounts


def scope_name(user: str) -> str:
    """Name of a user as a scope: ``payments/ServiceAccount/api``, ``User/bob``."""
    account = _account(user)
    return f"{account[0]}/ServiceAccount/{account[1]}" if account is not None else f"User/{user}"


def _account(user: str) -> tuple[str, str] | None:
    namespace, colon, name = user.removeprefix(SERVICE_ACCOUNT).partition(":")
    return (namespace, name) if user.startswith(SERVICE_ACCOUNT) and colon else None


def _names(user: str) -> tuple[str, ...]:
    account = _account(user)
    return (user, scope_name(user), f"{account[0]}/{account[1]}") if account is not None else (user, scope_name(user))


def _roles(user: str, use: IdentityUse | None) -> frozenset[str]:
    """Names in the ARNs of a user: ``assumed-role/deploy/session`` is role ``deploy``."""
    parts = f"{user}/{use.arn if use is not None else ''}".replace(":", "/").split("/")
    return frozenset(parts)
