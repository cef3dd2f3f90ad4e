"""Calls to a cloud's own API, in one form for all clouds: who, what, when, from where, with what outcome.

The trail of the cloud is another one than the API server's: it shows what was done with the cluster from outside, and
with the cloud from inside the cluster. Values only; who reads them from which shape is no matter here. No value of a
request is kept, and no token: ids of keys and sessions are names, and are.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Final

from msgspec import Struct

SERVICE_ACCOUNT: Final = "system:serviceaccount:"


class Cloud(StrEnum):
    """Whose API was called."""

    AWS = "aws"
    GOOGLE = "google"
    AZURE = "azure"


class CloudShape(StrEnum):
    """A shape in which users hold a cloud's trail."""

    CLOUDTRAIL = "cloudtrail"
    """Records of CloudTrail as JSON: log files, lookup-events, EventBridge, CloudWatch Logs."""
    CLOUDTRAIL_TABLE = "cloudtrail-table"
    """Rows of Athena or CloudTrail Lake, as CSV or as the answer of a query."""
    GOOGLE_AUDIT = "google-audit"
    """Entries of Cloud Logging with an AuditLog: gcloud, sinks to Cloud Storage and Pub/Sub."""
    GOOGLE_TABLE = "google-table"
    """Rows of BigQuery or Log Analytics."""
    AZURE_ACTIVITY = "azure-activity"
    """The Activity Log: az, diagnostic records, the table AzureActivity."""
    AZURE_RESOURCE = "azure-resource"
    """Diagnostic records of a resource, such as the AuditEvent of a key vault."""
    ENTRA_SIGN_IN = "entra-sign-in"
    """Sign-ins of people, service principals and managed identities."""
    ENTRA_AUDIT = "entra-audit"


LOSES: Final[dict[CloudShape, str]] = {
    CloudShape.CLOUDTRAIL_TABLE: "columns that were not selected, and what a nested column holds beside plain words",
    CloudShape.GOOGLE_AUDIT: "which token of a service account was used: only keys are named",
    CloudShape.GOOGLE_TABLE: "which token of a service account was used: only keys are named",
    CloudShape.AZURE_ACTIVITY: "every read, and the program that called",
    CloudShape.ENTRA_SIGN_IN: "what the token was used for; of managed identities the address and the program as well",
    CloudShape.ENTRA_AUDIT: "the program that called",
}
"""What a shape cannot show, in words; a shape that is not here loses nothing that is looked for."""


class CallKind(StrEnum):
    """What a call is, the same for all clouds."""

    EXCHANGE = "exchange"
    """A token of a service account, or of another issuer, was given for an identity of the cloud."""
    ASSUME = "assume"
    """Somebody in the cloud took on another identity of it."""
    SIGN_IN = "sign-in"
    KEY_MADE = "key-made"
    """A lasting key or password was made."""
    CLUSTER_CREDENTIAL = "cluster-credential"
    """A credential of the cluster was handed out."""
    CLUSTER_ACCESS = "cluster-access"
    """Who is let into the cluster, and as what, was changed; or a command was run in it."""
    CLUSTER_CHANGE = "cluster-change"
    IDENTITY_CHANGE = "identity-change"
    """Rights or trust of an identity of the cloud were changed."""
    LOGGING_OFF = "logging-off"
    SECRET_READ = "secret-read"  # noqa: S105 - a kind, not a secret
    NODE_ACCESS = "node-access"
    DISK_COPY = "disk-copy"
    DATA_READ = "data-read"
    OTHER = "other"


class Outcome(StrEnum):
    """What came of a call."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class PrincipalKind(StrEnum):
    """What sort of principal called."""

    PERSON = "person"
    """A user of the cloud or of its directory."""
    ROLE = "role"
    """A session of a role."""
    NODE = "node"
    """A machine, by the role that it was given."""
    SERVICE_ACCOUNT = "service-account"
    """A service account, application or managed identity of the cloud."""
    FEDERATED = "federated"
    """Somebody whom another issuer vouches for, such as the cluster for its service accounts."""
    PROVIDER = "provider"
    """A service of the cloud itself."""
    UNKNOWN = "unknown"


class CloudCall(Struct, frozen=True, kw_only=True, gc=False):
    """One call."""

    at_us: int
    """Microseconds since 1970, UTC; when it was called, not when it ended."""
    cloud: Cloud
    shape: CloudShape
    service: str
    """As its cloud names it: ``sts.amazonaws.com``, ``container.googleapis.com``, ``Microsoft.ContainerService``."""
    name: str
    """The operation: ``AssumeRoleWithWebIdentity``, ``...ClusterManager.UpdateCluster``, ``.../runCommand/action``."""
    kind: CallKind = CallKind.OTHER
    write: bool = False
    principal: str = ""
    """Who called: an ARN, an address of a service account or person, an object id. Empty where nobody is named."""
    principal_kind: PrincipalKind = PrincipalKind.UNKNOWN
    principal_ids: tuple[str, ...] = ()
    """Further names of whoever called: application id, object id, resource id of a managed identity. Lower case."""
    role: str = ""
    """The identity that was taken on, or under which the call was made: ARN of a role, address, application id."""
    chain: tuple[str, ...] = ()
    """Who stands behind the principal, the first one first: delegations, the issuer of a session."""
    subject: str = ""
    """The federated subject, as its issuer names it: ``system:serviceaccount:payments:api``."""
    issuer: str = ""
    """Who vouched for it: host and path of the cluster's OIDC issuer, or a workload pool. Without ``https://``."""
    session: str = ""
    """Id of the credential that was used: an access key, a key's name, a token's id. Never its value."""
    issued: str = ""
    """Id of the credential that the call gave out."""
    address: str = ""
    """As the cloud saw it; the name of a service where a service of the cloud called."""
    agent: str = ""
    inside: bool = False
    """The call came through a private way from a network of the customer's."""
    outcome: Outcome = Outcome.DONE
    error: str = ""
    object: str = ""
    """Name of what was asked for: a cluster, a bucket, the id of a secret."""
    detail: str = ""
    """What was changed, in the cloud's own words: a role and its member, a policy, a category of logs."""
    cluster: str = ""
    """Name of the cluster that the call is about; empty where it is about none, or does not say."""
    account: str = ""
    """Account, project or subscription."""
    request: str = ""
    """Joins what belongs to one request, where the cloud writes several records of it."""
    id: str = ""
    """Id of the record."""

    @property
    def workload(self) -> str:
        """User name of the Kubernetes service account that the record itself names; empty for others."""
        return self.subject if self.subject.startswith(SERVICE_ACCOUNT) else ""

    @property
    def done(self) -> bool:
        """Whether it was done, as far as the record tells."""
        return self.outcome is Outcome.DONE


class CloudSource(Struct, frozen=True, kw_only=True):
    """One input of a cloud's trail, and what came of it."""

    origin: str
    sha256: str
    size: int
    calls: int
    rejected: int
    """Records that could not be read."""
    others: int
    """Records of other logs, which are left out."""


class CloudTrail(Struct, frozen=True, kw_only=True, dict=True):
    """A cloud's trail: all calls of all inputs in order, each once."""

    calls: tuple[CloudCall, ...]
    sources: tuple[CloudSource, ...] = ()
    rejects: tuple[tuple[str, int], ...] = ()
    """Why records could not be read, and how many for each reason."""
    others: tuple[tuple[str, int], ...] = ()
    """What else was in it, and how many of each."""
    unread: tuple[tuple[str, str], ...] = ()
    """Files of folders and archives that gave nothing, and why."""
    logs: frozenset[str] = frozenset()
    """Logs that are in it: ``cloudtrail``, ``activity``, ``data_access``, ``azure-activity``, ``entra-workload``."""

    @cached_property
    def clouds(self) -> frozenset[Cloud]:
        """Whose trails they are."""
        return frozenset(call.cloud for call in self.calls)

    @cached_property
    def shapes(self) -> tuple[CloudShape, ...]:
        """Shapes in which it came."""
        return tuple(sorted({call.shape for call in self.calls}))

    @property
    def since_us(self) -> int:
        """The first call."""
        return self.calls[0].at_us if self.calls else 0

    @property
    def until_us(self) -> int:
        """The last call."""
        return self.calls[-1].at_us if self.calls else 0
