"""What an audit trail tells of a cluster, condensed: who acted, from where, with what, and what was changed by whom.

Values only. They are small however long the trail is: what is counted is bounded, and every bound says how much it left
out, so that "not listed" is never read as "not done". User names are those of the API server
(``system:serviceaccount:payments:api``); times are UTC. Who gathers them is no matter here.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property

from msgspec import Struct

SERVICE_ACCOUNT = "system:serviceaccount:"


class TrailGap(Struct, frozen=True, kw_only=True):
    """A time within the window in which the trail has nothing, though the cluster is never still."""

    since: datetime
    until: datetime
    expected: int
    """Events that a stretch of this length has in the median of the trail."""

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.until - self.since


class TrailLosses(Struct, frozen=True, kw_only=True):
    """What is missing from, or was done to, the trail itself."""

    unanswered: int = 0
    """Requests received whose answer is not in the trail; those of the last minute are not counted."""
    truncated: int = 0
    """Records that their carrier cut."""
    id_reused: int = 0
    """Events that say something else under an audit id and stage that was there: forged ids, or a changed copy."""
    undated: int = 0
    panics: int = 0


class ClientUse(Struct, frozen=True, kw_only=True):
    """One client of an identity: an address with a user agent."""

    source_ip: str
    """As the first hop names it: a client that reaches the API server directly can write it."""
    peer_ip: str
    """As the API server saw it; empty where the trail's shape loses it. May be a proxy."""
    agent: str
    """User agent; written by the client."""
    requests: int
    first: datetime
    last: datetime


class CredentialUse(Struct, frozen=True, kw_only=True):
    """One credential of an identity."""

    id: str
    """``JTI=uuid``, ``X509SHA256=hex``; empty where there is none, as for lasting tokens, or the shape loses it."""
    legacy_secret: str = ""
    """``namespace/name`` of the Secret whose lasting token it is."""
    token_pod: str = ""
    token_node: str = ""
    """Pod and node that the token is bound to."""
    source_ips: int
    """Number of different addresses that it was used from."""
    requests: int
    first: datetime
    last: datetime


class UseMade(Struct, frozen=True, kw_only=True):
    """A right that an identity used: a verb on a resource in a namespace, with the grant that allowed it."""

    verb: str
    group: str
    resource: str
    """Plural; empty for URLs that are no resource."""
    subresource: str
    namespace: str
    """Empty for all namespaces and for what lies in none."""
    grant_kind: str = ""
    grant_namespace: str = ""
    grant_name: str = ""
    """The binding that the API server names: the first that allowed it, not the only one."""
    requests: int
    last: datetime


class IdentityUse(Struct, frozen=True, kw_only=True):
    """What one user of the API did. Requests made while impersonating are the impersonator's."""

    user: str
    groups: tuple[str, ...]
    """Of its last event; empty where the shape loses them."""
    arn: str
    first: datetime
    last: datetime
    requests: int
    refused: int
    """Answered 401 or 403, or forbidden by the authorizer."""
    clients: tuple[ClientUse, ...]
    """Most requests first."""
    clients_left: int
    """Number of clients beyond those listed."""
    credentials: tuple[CredentialUse, ...]
    credentials_left: int
    uses: tuple[UseMade, ...]
    """Rights that were used with success, most used first."""
    uses_left: int
    """Above 0: a right that is not listed may have been used all the same."""

    @property
    def service_account(self) -> tuple[str, str] | None:
        """Namespace and name, where it is a service account."""
        namespace, colon, name = self.user.removeprefix(SERVICE_ACCOUNT).partition(":")
        return (namespace, name) if self.user.startswith(SERVICE_ACCOUNT) and colon else None

    @property
    def addresses(self) -> tuple[str, ...]:
        """Source addresses of the clients listed, each once."""
        return tuple(dict.fromkeys(client.source_ip for client in self.clients if client.source_ip))

    @property
    def agents(self) -> tuple[str, ...]:
        """User agents of the clients listed, each once."""
        return tuple(dict.fromkeys(client.agent for client in self.clients if client.agent))


class Impersonation(Struct, frozen=True, kw_only=True):
    """Somebody who acted as somebody else."""

    user: str
    """Who was authenticated; empty where the trail does not say."""
    as_user: str
    requests: int
    refused: int
    agents: tuple[str, ...]
    """A few of them."""
    first: datetime
    last: datetime


class ChangeMade(Struct, frozen=True, kw_only=True):
    """A write that succeeded, by one user with one agent on one object; dry runs and status are none."""

    verb: str
    """create, update, patch, delete or deletecollection."""
    group: str
    resource: str
    namespace: str
    name: str
    """Empty where the server made the name and the trail does not hold it, and for deletecollection."""
    user: str
    as_user: str
    """Impersonated, if any."""
    agent: str
    source_ip: str
    audit_id: str
    """Of the last one."""
    times: int
    first: datetime
    last: datetime


class TokenMade(Struct, frozen=True, kw_only=True):
    """Tokens that somebody requested for a service account."""

    namespace: str
    name: str
    user: str
    as_user: str
    tokens: int
    first: datetime
    last: datetime


class DeprecatedUse(Struct, frozen=True, kw_only=True):
    """A deprecated API that somebody calls."""

    group: str
    version: str
    resource: str
    removed_in: str
    """Release that no longer serves it, ``1.25``; empty where the trail does not say."""
    user: str
    agent: str
    requests: int
    last: datetime


class TrailFacts(Struct, frozen=True, kw_only=True, dict=True):
    """A trail, condensed."""

    origin: str
    """Name of the store or file, as the user gave it."""
    since: datetime
    until: datetime
    """First and last event: what lies outside is not known."""
    events: int
    requests: int
    shapes: tuple[str, ...]
    """Of ``demarc.model.events.Shape``."""
    lost_columns: tuple[str, ...]
    """Columns of an event that at least one shape here cannot fill: that they are empty says nothing."""
    records_reads: bool
    """Whether reads by anybody but the system are in it. False: a read that is not there may have been made."""
    gaps: tuple[TrailGap, ...] = ()
    losses: TrailLosses = TrailLosses()
    identities: tuple[IdentityUse, ...] = ()
    identities_left: int = 0
    changes: tuple[ChangeMade, ...] = ()
    """Of bindings, roles, workloads, service accounts, Secrets and what admits or delivers them; newest first."""
    changes_left: int = 0
    impersonations: tuple[Impersonation, ...] = ()
    tokens: tuple[TokenMade, ...] = ()
    deprecated: tuple[DeprecatedUse, ...] = ()

    @property
    def length(self) -> timedelta:
        """From the first event to the last."""
        return self.until - self.since

    @cached_property
    def by_user(self) -> dict[str, IdentityUse]:
        """Identities by the name of the user."""
        return {identity.user: identity for identity in self.identities}

    @cached_property
    def changes_of(self) -> dict[tuple[str, str, str, str], tuple[ChangeMade, ...]]:
        """Changes by group, resource, namespace and name, newest first."""
        found: dict[tuple[str, str, str, str], list[ChangeMade]] = {}
        for change in self.changes:
            key = (change.group, change.resource, change.namespace, change.name)
            found.setdefault(key, []).append(change)
        return {key: tuple(changes) for key, changes in found.items()}

    def account(self, namespace: str, name: str) -> IdentityUse | None:
        """What a service account did; None where nothing of it is listed."""
        return self.by_user.get(f"{SERVICE_ACCOUNT}{namespace}:{name}")

    def loses(self, column: str) -> bool:
        """Whether an empty column of an event says nothing here."""
        return column in self.lost_columns
