"""Which service account of the cluster stands behind a call to the cloud, how sure that is, and by what it is known.

The record may name it; the credential may be one that an exchange gave out; or the role may be one that only this
account can have, by the trust and the annotations of both sides. A subject that another cluster vouches for is not
ours, however alike it is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from demarc.model.boundary import Confidence
from demarc.model.cloud_calls import SERVICE_ACCOUNT, CallKind, Cloud, CloudCall, PrincipalKind

_ANY: Final = "*"


class Behind(Struct, frozen=True, kw_only=True):
    """A service account behind a call."""

    user: str
    """``system:serviceaccount:payments:api``."""
    confidence: Confidence
    because: str


class Accounts:
    """Tells accounts behind calls."""

    def __init__(
        self,
        calls: Sequence[CloudCall],
        *,
        issuers: frozenset[str] = frozenset(),
        links: dict[str, tuple[str, ...]] | None = None,
        credentials: dict[str, str] | None = None,
    ) -> None:
        """Begin.

        ``issuers``: who vouches for this cluster's accounts, lower case; empty where nobody knows. ``links``: role of
        the cloud, lower case -> accounts as ``namespace/name``. ``credentials``: id of a federated credential, lower
        case -> user name of its subject.
        """
        self._issuers = issuers
        self._links = links or {}
        self._credentials = credentials or {}
        self._sessions: dict[str, Behind] = {}
        self._several = len({call.issuer for call in calls if call.workload and call.issuer}) > 1
        """Several clusters vouch for accounts in this trail."""
        for call in calls:
            if call.kind in {CallKind.EXCHANGE, CallKind.ASSUME} and call.issued and (behind := self._told(call)):
                because = f"the credential is one that was given for {behind.user}"
                self._sessions[call.issued] = Behind(user=behind.user, confidence=behind.confidence, because=because)

    def of(self, call: CloudCall) -> Behind | None:
        """Who stands behind a call; None for others than accounts of this cluster, or where it cannot be told."""
        if call.principal_kind is PrincipalKind.PROVIDER:
            return None
        if call.workload:
            return self._told(call)
        if call.session and (behind := self._sessions.get(call.session)):
            return behind
        return None if call.principal_kind is PrincipalKind.NODE else self._linked(call)

    def is_elsewhere(self, call: CloudCall) -> bool:
        """Whether another cluster vouches for the account."""
        known = call.issuer.lower()
        return bool(call.workload and known and self._issuers and known not in self._issuers)

    def _told(self, call: CloudCall) -> Behind | None:
        if call.workload:
            if self.is_elsewhere(call):
                return None
            sure, because = Confidence.HIGH, "the record names it"
            if call.cloud is Cloud.GOOGLE:
                sure, because = Confidence.MEDIUM, "the record names it; all clusters of a project share these names"
            elif not self._issuers and self._several:
                sure, because = Confidence.LOW, "the record names it, and several clusters vouch for accounts here"
            return Behind(user=call.workload, confidence=sure, because=because)
        return self._linked(call) if call.kind is CallKind.EXCHANGE else None

    def _linked(self, call: CloudCall) -> Behind | None:
        for name in call.principal_ids:
            if name in self._credentials:
                because = "the federated credential that was used trusts it"
                return Behind(user=self._credentials[name], confidence=Confidence.HIGH, because=because)
        for name in (call.role.lower(), *call.principal_ids):
            accounts = self._links.get(name, ())
            if len(accounts) == 1 and _ANY not in accounts[0]:
                namespace, _, account = accounts[0].partition("/")
                because = f"it is the only account that may act as {call.role or name}"
                return Behind(
                    user=f"{SERVICE_ACCOUNT}{namespace}:{account}", confidence=Confidence.MEDIUM, because=because
                )
        return None
