"""How old a credential is and when it was last used, each with the grade of its evidence. It judges nothing."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Final

from demarc.model.kubernetes import ConfigMap, Secret
from demarc.model.nhi import AgeGrade, Dated, NhiKind
from demarc.model.snapshot import Snapshot
from demarc.model.time import instant, iso
from demarc.model.trail import TrailFacts

LAST_USED: Final = "kubernetes.io/legacy-token-last-used"
INVALID: Final = "kubernetes.io/legacy-token-invalid-since"
_TRACKING: Final = "kube-apiserver-legacy-service-account-token-tracking"
_FIXED: Final = frozenset({NhiKind.LEGACY_TOKEN, NhiKind.BOOTSTRAP_TOKEN})
"""Kinds whose value is made with the object and never changed in it."""
_WRITES: Final = ("create", "update", "patch")


class Ages:
    """What dates a credential, gathered once."""

    def __init__(self, snapshot: Snapshot, trail: TrailFacts | None, earlier: Snapshot | None) -> None:
        self._trail = trail
        self._taken = iso(snapshot.taken_at) if snapshot.taken_at else ""
        before = earlier.all("Secret", Secret) if earlier is not None else ()
        self._before = {item.key: item for item in before}
        self._before_at = iso(earlier.taken_at) if earlier is not None and earlier.taken_at else ""
        self.tracked_since = _tracked_since(snapshot)
        """Since when the API server notes uses of lasting tokens; empty where it is not known to."""

    def created(self, secret: Secret) -> Dated:
        """When the object was made; a restore makes it anew."""
        at = secret.metadata.creation_timestamp or ""
        return Dated(at=at, grade=AgeGrade.CREATION, says="creationTimestamp") if at else Dated(says="not in the input")

    def changed(self, secret: Secret, kind: NhiKind, parts: dict[str, str]) -> Dated:
        """When its value last changed, by the strongest evidence there is."""
        if seen := self._seen_to_change(secret, parts):
            return seen
        if secret.certificates:
            leaf = secret.certificates[0]
            return Dated(
                at=leaf.not_before, grade=AgeGrade.ISSUER, says=f"notBefore of its certificate, by {leaf.issuer}"
            )
        created = secret.metadata.creation_timestamp or ""
        if created and (kind in _FIXED or secret.immutable):
            why = "it is immutable" if secret.immutable else "it is made with the object and does not change"
            return Dated(at=created, grade=AgeGrade.ISSUER, says=why)
        if written := self._written(secret):
            return written
        times = {key: time for key, time in secret.key_changes.items() if not parts or key in parts}
        if times:
            # The oldest of what is secret in it: a key that was written since does not make the others younger.
            key = min(times, key=lambda one: (times[one], one))
            which = f"its key {key}" if len(set(times.values())) > 1 else "its values"
            return Dated(
                at=times[key], grade=AgeGrade.BOUND, says=f"{which}: written by a field manager then at the latest"
            )
        if created:
            return Dated(at=created, grade=AgeGrade.CREATION, says="nothing shows whether it changed since")
        return Dated(says="neither field managers nor a creation time are in the input")

    def _seen_to_change(self, secret: Secret, parts: dict[str, str]) -> Dated | None:
        before = self._before.get(secret.key)
        if before is None or not self._taken:
            return None
        if any(before.keys.get(key) and before.keys[key] != value for key, value in parts.items()):
            says = f"its fingerprint differs from that of {self._before_at or 'the earlier snapshot'}"
            return Dated(at=self._taken, grade=AgeGrade.SEEN, says=says)
        return None

    def _written(self, secret: Secret) -> Dated | None:
        if self._trail is None:
            return None
        key = ("", "secrets", secret.metadata.namespace, secret.metadata.name)
        writes = [one for one in self._trail.changes_of.get(key, ()) if one.verb in _WRITES]
        if not writes:
            return None
        last = max(writes, key=lambda one: one.last)
        return Dated(at=iso(last.last), grade=AgeGrade.AUDIT, says=f"{last.verb} by {last.as_user or last.user}")

    def token_used(self, secret: Secret) -> Dated:
        """When a lasting token was last used: by the API server's own label, or by the trail."""
        label = secret.labels.get(LAST_USED, "")
        seen = self._legacy_uses.get(secret.key, "")
        if seen and seen[:10] >= label:
            return Dated(at=seen, grade=AgeGrade.AUDIT, says="the audit trail shows it in use")
        if label:
            return Dated(at=label, grade=AgeGrade.ISSUER, says=f"label {LAST_USED}")
        if self.tracked_since:
            return Dated(
                grade=AgeGrade.ISSUER, says=f"not used since {self.tracked_since}, when uses began to be noted"
            )
        return Dated(says="the API server is not known to note uses here")

    @cached_property
    def _legacy_uses(self) -> dict[str, str]:
        """Secrets with a lasting token -> its last use in the trail."""
        if self._trail is None:
            return {}
        return {
            use.legacy_secret: iso(use.last)
            for identity in self._trail.identities
            for use in identity.credentials
            if use.legacy_secret
        }

    def pods_used(self, namespace: str, name: str) -> Dated:
        """When a service account was last seen to use a token that is bound to a pod."""
        used = self.account_used(namespace, name)
        found = self._trail.account(namespace, name) if self._trail is not None and used.at else None
        if self._trail is None or found is None:
            return used
        bound = [one for one in found.credentials if one.token_pod]
        if bound:
            last, pods = max(one.last for one in bound), len({one.token_pod for one in bound})
            requests = sum(one.requests for one in bound)
            says = f"{requests:,} requests with tokens of {pods} {'pod' if pods == 1 else 'pods'} in the trail"
            return Dated(at=iso(last), grade=AgeGrade.AUDIT, says=says)
        if found.credentials_left or self._trail.loses("token_pod") or not found.credentials:
            return Dated(says="the trail does not tell by which of its tokens the account came")
        return Dated(
            grade=AgeGrade.AUDIT,
            says=f"not with a token of a pod from {iso(self._trail.since)} to {iso(self._trail.until)}",
        )

    def account_used(self, namespace: str, name: str) -> Dated:
        """When a service account last asked the API for something."""
        if self._trail is None:
            return Dated(says="no audit trail was given")
        found = self._trail.account(namespace, name)
        if found is not None:
            return Dated(at=iso(found.last), grade=AgeGrade.AUDIT, says=f"{found.requests:,} requests in the trail")
        if self._trail.identities_left:
            return Dated(says="the trail has more identities than were looked at")
        return Dated(grade=AgeGrade.AUDIT, says=f"not once from {iso(self._trail.since)} to {iso(self._trail.until)}")


def _tracked_since(snapshot: Snapshot) -> str:
    maps = snapshot.all("ConfigMap", ConfigMap)
    found = next((one for one in maps if one.metadata.name == _TRACKING), None)
    if found is None:
        return ""
    return found.settings.get("since", "") or (found.metadata.creation_timestamp or "")[:10]


def days(since: str, at: datetime) -> int:
    """Whole days from a time to a moment; negative for one to come."""
    return (at - instant(since)).days
