"""Which pipeline may write into a namespace itself, by the identity under which it reaches the cluster.

Delivery says it where a repository that Argo CD or Flux delivers into a namespace has a pipeline of its own, with a
cloud role or an OIDC subject; the register says it with a scope that names both, the namespace and the pipeline. An
identity that neither names is no pipeline's, whatever it is called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Final

from demarc.access.delivery import Delivery
from demarc.evidence.delivered import Delivered
from demarc.model.register import Register

_IAM_ROLE: Final = re.compile(r"arn:aws[\w-]*:iam::(\d+):role/(?:.*/)?([^/]+)$")
_SUBJECT: Final = re.compile(r"(?:^|[#:/])(?:repo|project_path):([\w.-]+(?:/[\w.-]+)+):")
"""Subject of an OIDC token of GitHub or GitLab, as the API server takes it for the user's name."""


class Deployers:
    """Pipelines by namespace, and the users that are theirs."""

    def __init__(self, delivery: Delivery, delivered: Delivered, register: Register, at: datetime) -> None:
        self._delivery, self._delivered = delivery, delivered
        self._named = tuple(
            (entry.scope.namespace, entry.scope.pipeline)
            for entry in register.assignments
            if entry.scope.namespace and entry.scope.pipeline and entry.period.contains(at)
        )

    def of(self, user: str, namespace: str) -> str:
        """The repository whose pipeline a user is, where that delivers into a namespace; empty otherwise."""
        return next((name for name in self._owners(user) if self._delivers(name, namespace)), "")

    def _delivers(self, repository: str, namespace: str) -> bool:
        return namespace in self._delivered.namespaces_of(repository) or any(
            fnmatchcase(namespace, space) and fnmatchcase(repository, pipeline) for space, pipeline in self._named
        )

    def _owners(self, user: str) -> Iterator[str]:
        """Repositories whose pipelines reach the cluster as a user."""
        subject = _SUBJECT.search(user)
        if subject is not None:
            yield from (name for name in self._repositories if name.partition("/")[2].lower() == subject[1].lower())
        role = _session(user)
        if role is not None:
            yield from self._roles.get(role, ())

    @cached_property
    def _repositories(self) -> frozenset[str]:
        delivering = {item.repository for item in self._delivered.all}
        return frozenset(delivering | {pipeline.repository for pipeline in self._delivery.pipelines})

    @cached_property
    def _roles(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """Repositories by account and name of the roles that their pipelines take on."""
        found: dict[tuple[str, str], dict[str, None]] = {}
        for pipeline in self._delivery.pipelines:
            for arn in pipeline.roles:
                role = _IAM_ROLE.fullmatch(arn)
                if role is not None:
                    found.setdefault((role[1], role[2]), {})[pipeline.repository] = None
        return {role: tuple(names) for role, names in found.items()}


def _session(user: str) -> tuple[str, str] | None:
    """Account and name of the role that a user of the cluster is a session of, or is."""
    if ":assumed-role/" in user:
        account, _, rest = user.partition(":assumed-role/")
        return account.rpartition(":")[2], rest.partition("/")[0]
    role = _IAM_ROLE.fullmatch(user)
    return (role[1], role[2]) if role is not None else None
