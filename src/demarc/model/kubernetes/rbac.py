"""Roles and their bindings."""

from __future__ import annotations

from msgspec import field

from demarc.model.kubernetes.meta import Api, KubeObject, LabelSelector


class SubjectReference(Api, frozen=True, kw_only=True, gc=False):
    """Subject of a role binding."""

    kind: str = ""
    name: str = ""
    namespace: str = ""


class RoleReference(Api, frozen=True, kw_only=True, gc=False):
    """Role of a role binding."""

    kind: str = ""
    name: str = ""


class Binding(KubeObject, frozen=True, kw_only=True):
    """RoleBinding or ClusterRoleBinding."""

    role_ref: RoleReference = field(default_factory=RoleReference)
    subjects: list[SubjectReference] | None = None


class PolicyRule(Api, frozen=True, kw_only=True, gc=False):
    """A rule of a role."""

    verbs: list[str] | None = None
    api_groups: list[str] | None = None
    resources: list[str] | None = None
    resource_names: list[str] | None = None
    non_resource_urls: list[str] | None = field(default=None, name="nonResourceURLs")


class AggregationRule(Api, frozen=True, kw_only=True):
    """Which ClusterRoles' rules a ClusterRole takes over."""

    cluster_role_selectors: list[LabelSelector] | None = None


class Role(KubeObject, frozen=True, kw_only=True):
    """A Role or ClusterRole; only the latter aggregates."""

    rules: list[PolicyRule] | None = None
    aggregation_rule: AggregationRule | None = None
