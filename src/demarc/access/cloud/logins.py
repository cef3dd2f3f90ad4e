"""Logins: principals of a cloud that a cluster lets in, and what they are there. Values only."""

from __future__ import annotations

from msgspec import Struct

from demarc.model.evidence import Evidence
from demarc.model.planes import HolderKind, Power


class Direct(Struct, frozen=True, kw_only=True):
    """Powers that the cloud gives in the cluster beside RBAC."""

    grant: str
    """What gives it: ``access policy AmazonEKSEditPolicy``, ``roles/container.admin``."""
    powers: tuple[Power, ...]
    namespaces: tuple[str, ...]
    """Empty for the whole cluster."""
    evidence: Evidence
    unknown: str = ""


class Login(Struct, frozen=True, kw_only=True):
    """A principal that is let in."""

    principal: str
    """As its cloud names it."""
    kind: HolderKind
    by: str
    """``access entry``, ``aws-auth mapRoles``, ``IAM policy``, ``Azure role``, ``adminGroupObjectIDs``."""
    user: str = ""
    """User name in the cluster; a template such as ``{{SessionName}}`` where it differs by session."""
    groups: tuple[str, ...] = ()
    """Groups in the cluster."""
    evidence: Evidence
    direct: tuple[Direct, ...] = ()
    remarks: tuple[str, ...] = ()
    unknown: str = ""
    """What could not be seen and decides whether it is let in."""


class Logins(Struct, frozen=True, kw_only=True):
    """All of a cluster."""

    logins: tuple[Login, ...]
    unseen: tuple[str, ...]
    """What was not given and could add logins."""
