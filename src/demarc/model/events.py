"""The audit trail as values: one normalised event, whatever shape it came in, and what a shape cannot show.

``AuditEvent`` is the schema of the stored trail: its fields are the columns of the table ``events``, in this order. It
is flat, and no column is ever NULL: empty text, 0 and false stand for "the trail does not say", so that every engine
reads the same. Times are microseconds since 1970 in UTC. Lists are joined by newlines. Values of Secrets, tokens and
literal environment variables are taken out before an event is stored.

Nothing here reads files or knows an engine.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import fields


class AuditEvent(Struct, frozen=True, kw_only=True, gc=False):
    """One stage of one request, as ``audit.k8s.io/v1`` has it, flattened. A row of the table ``events``."""

    event_id: str
    """Unique in a store: digest of audit_id, stage, ts_us, verb, user_name and uri. End every ordering with it."""
    audit_id: str
    """One per request; its stages share it. A client can choose it, so it proves nothing against an intruder."""
    id_reused: bool = False
    """Another event of the same audit_id and stage says something else: somebody chose the id, or changed a copy."""
    stage: str = ""
    """RequestReceived, ResponseStarted, ResponseComplete, Panic; empty where the shape loses it."""
    level: str = ""
    """Metadata, Request, RequestResponse; empty where the shape loses it."""
    ts_us: int = 0
    """When the API server received the request; when the shape loses it, the time of the log entry. 0: unknown."""
    stage_us: int = 0
    """When the stage was reached."""
    verb: str = ""
    """get, list, watch, create, update, patch, delete, deletecollection; a lower-case HTTP method for other URLs.
    Exec by a current kubectl is ``get`` on ``pods/exec``, by an older one ``create``."""
    uri: str = ""
    """requestURI, with credentials in its query taken out."""
    user_name: str = ""
    """Whoever was authenticated; empty when nobody was (401). The impersonator, where somebody is impersonated."""
    user_uid: str = ""
    user_groups: str = ""
    """Newline-joined."""
    user_extra: str = ""
    """JSON object of lists: all of user.extra. On EKS ``arn``, ``sessionName``, ``accessKeyId``; on AKS ``oid``."""
    user_arn: str = ""
    """``canonicalArn``, else ``arn``, of user.extra (EKS)."""
    credential_id: str = ""
    """``JTI=uuid`` of a service account token, ``X509SHA256=hex`` of a client certificate. Lasting tokens have none."""
    legacy_secret: str = ""
    """``namespace/name`` of the Secret whose lasting token was used."""
    token_pod: str = ""
    token_pod_uid: str = ""
    token_node: str = ""
    """Pod and node that the token is bound to: who was meant to use it, not who did."""
    impersonated_user: str = ""
    impersonated_groups: str = ""
    """Newline-joined."""
    impersonated_uid: str = ""
    source_ip: str = ""
    """First of sourceIPs. A client that reaches the API server directly can write it (X-Forwarded-For)."""
    peer_ip: str = ""
    """Last of sourceIPs: what the API server itself saw, which no client can write; may be a proxy."""
    source_ips: str = ""
    """All of sourceIPs, newline-joined."""
    agent: str = ""
    """userAgent; written by the client."""
    api_group: str = ""
    """Empty for the core group, and for URLs that are no resource."""
    api_version: str = ""
    resource: str = ""
    """Plural; empty for URLs that are no resource."""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    """Of objectRef; where the server made the name, of the response, which levels below RequestResponse lose."""
    object_uid: str = ""
    code: int = 0
    """HTTP status. 101 on exec says that the connection was upgraded, not that the command ran. 0: not answered yet, or
    not known."""
    code_inferred: bool = False
    """The code was made out of a gRPC status, or out of nothing but success."""
    decision: str = ""
    """``allow`` or ``forbid`` of the authorizer; empty for 401, for refused impersonation, and before the answer.
    A refusal by admission is 403 or 422 with ``allow``."""
    reason: str = ""
    """The authorizer's words."""
    grant_kind: str = ""
    """``ClusterRoleBinding`` or ``RoleBinding``, out of the reason; the first that allowed it, not the only one."""
    grant_namespace: str = ""
    grant_name: str = ""
    role_kind: str = ""
    role_name: str = ""
    issued_credential_id: str = ""
    """Credential that the request made: joins to the credential_id of whoever used it later."""
    command: str = ""
    """What exec was asked to run: the ``command`` parameters of the URI, newline-joined, secrets masked."""
    dry_run: bool = False
    """The request changed nothing (``dryRun=All``), though it looks like one that did."""
    request_object: str = ""
    response_object: str = ""
    """JSON, secrets taken out."""
    annotations: str = ""
    """JSON object of texts."""
    status_reason: str = ""
    status_message: str = ""
    """responseStatus.reason and .message."""
    cluster: str = ""
    """The cluster, as the envelope names it: log group, resource id, ``project/location/name``."""
    truncated: bool = False
    """The record was cut by its carrier and read as far as it goes: what is empty may have been there."""
    alert: str = ""
    """Rule of a Falco alert that this was read from: what else happened is not in such a trail."""
    shape: str = ""
    """A ``Shape``."""
    source_id: str = ""
    """Source in the store."""
    position: int = 0
    """1-based number of the record in its source: the line that is not blank, or the record of the envelope."""


class Column(Struct, frozen=True, kw_only=True):
    """A column of the table ``events``."""

    name: str
    type: str
    """VARCHAR, BIGINT or BOOLEAN."""


_TYPES: Final = {str: "VARCHAR", int: "BIGINT", bool: "BOOLEAN"}


def _columns() -> tuple[Column, ...]:
    return tuple(Column(name=field.encode_name, type=_TYPES[field.type]) for field in fields(AuditEvent))


COLUMNS: Final = _columns()
"""The columns of the table ``events``, in order."""


class Shape(StrEnum):
    """A shape in which users hold an audit trail."""

    KUBERNETES = "kubernetes"
    """Events of the API server: JSON lines, EventLists, any stream of JSON objects; v1 and v1beta1. OpenShift too."""
    CLOUDWATCH = "cloudwatch"
    """EKS: CloudWatch events, Insights results, S3 export lines, subscription records, Firehose objects."""
    AKS_DIAGNOSTIC = "aks-diagnostic"
    """AKS: diagnostic records of an event hub, a storage account or the table AzureDiagnostics."""
    AKS_TABLE = "aks-table"
    """AKS: rows of the tables AKSAudit and AKSAuditAdmin."""
    GKE = "gke"
    """GKE: entries of Cloud Logging."""
    ELASTIC = "elastic"
    """Events below ``kubernetes.audit``, as Fluent Bit, Filebeat and Elastic keep them."""
    OTEL = "otel"
    """OpenTelemetry log records."""
    GELF = "gelf"
    """GELF messages (OVH)."""
    FALCO = "falco"
    """Alerts of Falco's k8s_audit source."""


LOSES: Final[dict[Shape, tuple[str, ...]]] = {
    Shape.KUBERNETES: (),
    Shape.CLOUDWATCH: (),
    Shape.AKS_DIAGNOSTIC: (),
    Shape.AKS_TABLE: ("impersonated_user", "impersonated_groups", "impersonated_uid"),
    Shape.GKE: (
        *("stage", "level", "uri", "command", "dry_run", "user_groups", "user_uid", "user_extra", "credential_id"),
        *("legacy_secret", "token_pod", "token_pod_uid", "token_node", "peer_ip", "object_uid"),
        *("issued_credential_id", "status_reason"),
    ),
    Shape.ELASTIC: (),
    Shape.OTEL: (),
    Shape.GELF: (),
    Shape.FALCO: (
        *("stage", "level", "user_uid", "user_extra", "credential_id", "legacy_secret", "token_pod", "token_pod_uid"),
        *("token_node", "peer_ip", "object_uid", "issued_credential_id", "annotations", "response_object"),
    ),
}
"""Columns that a shape cannot fill: that they are empty says nothing."""
