"""Who makes, switches off and deletes lasting keys of cloud identities, by the cloud's own trail.

A key that was made or ended is a part of a rotation; whether whoever used the old one has the new one, no trail
shows. Calls that failed are none. The trail names whoever called; a session of a role has a name that its user chose.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from functools import cached_property
from typing import Final

from msgspec import Struct

from demarc.model.cloud_calls import CallKind, CloudCall, CloudTrail

_ENDS: Final = {
    "UpdateAccessKey": "changed the state of an access key",
    "DeleteAccessKey": "deleted an access key",
    "UpdateServiceSpecificCredential": "changed the state of a service credential",
    "ResetServiceSpecificCredential": "reset a service credential",
    "DeleteServiceSpecificCredential": "deleted a service credential",
    "google.iam.admin.v1.DeleteServiceAccountKey": "deleted a key",
    "google.iam.admin.v1.DisableServiceAccountKey": "switched a key off",
}
"""Calls that are about a lasting key and make none, by what they do."""


class KeyMade(Struct, frozen=True, kw_only=True):
    """One call about a lasting key."""

    target: str
    """Whose key: name of a user, or address of a service account."""
    who: str
    did: str
    at: datetime
    id: str


class Keys:
    """Calls about lasting keys, by whose they are."""

    def __init__(self, trail: CloudTrail | None) -> None:
        self._trail = trail

    def of(self, scope: str) -> tuple[KeyMade, ...]:
        """Calls about keys of an identity, as its scope names it: ``User/arn:aws:iam::111122223333:user/ci``."""
        name = scope.rpartition("/")[2]
        account = scope.rpartition(":iam::")[2].partition(":")[0] if ":iam::" in scope else ""
        return tuple(one for known, one in self._by_target.get(name.lower(), ()) if not account or known == account)

    @cached_property
    def _by_target(self) -> dict[str, list[tuple[str, KeyMade]]]:
        found: dict[str, list[tuple[str, KeyMade]]] = defaultdict(list)
        for call in self._trail.calls if self._trail is not None else ():
            did = "made a key" if call.kind is CallKind.KEY_MADE else _ENDS.get(call.name)
            target = _target(call)
            if did and target and call.done:
                at = datetime.fromtimestamp(call.at_us / 1_000_000, tz=UTC)
                made = KeyMade(target=target, who=call.principal, did=did, at=at, id=call.id)
                found[target.lower()].append((call.account, made))
        return found


def _target(call: CloudCall) -> str:
    """Whose key it is. Whoever names nobody makes one for themselves."""
    named = call.object
    if "/serviceAccounts/" in named:
        return named.rpartition("/serviceAccounts/")[2].partition("/")[0]
    return named.rpartition("/")[2] or (call.principal.rpartition("/")[2] if ":user/" in call.principal else "")
