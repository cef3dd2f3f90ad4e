"""Who answers for the rotation of a credential, from the control matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from demarc.lifecycle.credential import Credential
from demarc.lifecycle.planner import Roles
from demarc.model.assessment import Assessment, Holder, MatrixRow
from demarc.model.duties import Unit

_DUTIES: Final = ("secret.rotation", "secret.storage", "secret.access")
"""The duty itself, asked per identity; else those that are asked per namespace."""
_OF_GRANTS: Final = "identity.rbac"


def roles_in(assessment: Assessment, *, leaving: str = "") -> Callable[[Credential], Roles]:
    """A function that tells the owner and approver of a credential; empty where nobody is named.

    Who is ``leaving`` (a team or person of the register, by id) is named as neither: they do not approve what ends with
    them.
    """
    rows: dict[tuple[str, Unit, str], MatrixRow] = {}
    for row in assessment.matrix:
        if row.duty in _DUTIES:
            rows.setdefault((row.duty, row.scope.kind, row.scope.name), row)

    bindings = [row for row in assessment.matrix if row.duty == _OF_GRANTS]

    def roles(credential: Credential) -> Roles:
        if credential.given is not None:
            return _of(_grant_rows(bindings, credential.namespace), leaving)
        account = f"{credential.namespace}/ServiceAccount/{credential.account or 'default'}"
        asked = [(_DUTIES[0], Unit.IDENTITY, account)]
        asked += [(duty, Unit.NAMESPACE, credential.namespace) for duty in _DUTIES]
        return _of([rows[key] for key in asked if key in rows], leaving)

    return roles


def _of(found: list[MatrixRow], leaving: str) -> Roles:
    owner = next((row.owner for row in found if row.owner), None)
    approver = next((row.approver for row in found if row.approver), None)
    return Roles(owner=_name(owner, leaving), approver=_name(approver, leaving))


def _grant_rows(rows: list[MatrixRow], namespace: str) -> list[MatrixRow]:
    """Rows of grants in a namespace, or in the whole cluster; else of whoever holds the duty anywhere."""
    kind = Unit.NAMESPACE if namespace else Unit.CLUSTER
    here = [row for row in rows if row.scope.kind is kind and row.scope.name == (namespace or row.scope.name)]
    return here or rows


def _name(holder: Holder | None, leaving: str) -> str:
    return holder.id if holder is not None and holder.id != leaving else ""
