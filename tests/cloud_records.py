"""Records of clouds' trails, as their owners get them, one call each; small, and changed by keyword."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from demarc.events.cloud import read_cloud_trail
from demarc.incidents.clouds import CloudSight, sight_of
from demarc.model.cloud_calls import CloudCall, CloudTrail

ISSUER = "oidc.eks.eu-north-1.amazonaws.com/id/AAAA0000"
POOL = "acme.svc.id.goog"
HOME, OFFICE, AWAY = "198.51.100.10", "198.51.100.200", "203.0.113.66"
AKS = "/subscriptions/1111/resourcegroups/rg/providers/Microsoft.ContainerService/managedClusters/prod"
KUBELET = {
    "appid": "kubelet-app",
    "http://schemas.microsoft.com/identity/claims/objectidentifier": "kubelet",
    "xms_mirid": "/subscriptions/1/providers/Microsoft.ManagedIdentity/userAssignedIdentities/prod-agentpool",
}
DAY = "2026-10-06T"


def when(at: str) -> str:
    """A time of the day, or a whole one as it is."""
    return at if "T" in at else f"{DAY}{at}"


def _id(*parts: Any) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def aws(name: str, at: str, **changed: Any) -> dict[str, Any]:
    """A record of CloudTrail."""
    services = {"Assume": "sts", "Get": "secretsmanager", "List": "s3"}
    source = next((one for start, one in services.items() if name.startswith(start)), "eks")
    return {
        "eventVersion": "1.11",
        "eventTime": f"{when(at)}Z",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "eventID": _id(name, at, changed),
        "sourceIPAddress": HOME,
        "userAgent": "aws-sdk-go-v2/1.30",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ann", "userName": "ann"},
        "recipientAccountId": "111122223333",
        **changed,
    }


def exchange(
    account: str, at: str, *, issuer: str = ISSUER, key: str = "", role: str = "lake", **changed: Any
) -> dict[str, Any]:
    """A service account's token for a role of AWS; ``key`` is the id of the session that came of it."""
    answer = {"credentials": {"accessKeyId": key, "sessionToken": "IQoJb3JpZ2lu-secret"}} if key else None
    return aws(
        "AssumeRoleWithWebIdentity",
        at,
        **{
            "userIdentity": {
                "type": "WebIdentityUser",
                "userName": f"system:serviceaccount:{account}",
                "identityProvider": f"arn:aws:iam::111122223333:oidc-provider/{issuer}",
            },
            "requestParameters": {"roleArn": f"arn:aws:iam::111122223333:role/{role}", "roleSessionName": "s"},
            "responseElements": answer,
            **changed,
        },
    )


def as_role(
    name: str, at: str, *, key: str = "ASIAEXAMPLE000000001", role: str = "lake", session: str = "s", **changed: Any
) -> dict[str, Any]:
    """A call by a session of a role of AWS."""
    identity = {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::111122223333:assumed-role/{role}/{session}",
        "principalId": f"AROA1:{session}",
        "accessKeyId": key,
        "sessionContext": {
            "sessionIssuer": {"type": "Role", "arn": f"arn:aws:iam::111122223333:role/{role}", "userName": role}
        },
    }
    return aws(name, at, **{"userIdentity": identity, **changed})


def google(method: str, at: str, *, log: str = "activity", **changed: Any) -> dict[str, Any]:
    """An entry of Cloud Logging. ``payload`` changes the AuditLog, ``ip`` the address, ``who`` the principal."""
    service = changed.pop("service", "container.googleapis.com")
    ip, agent = changed.pop("ip", HOME), changed.pop("agent", "google-api-go-client/0.5")
    who = changed.pop("who", {"principalEmail": "ann@acme.example"})
    payload = {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "serviceName": service,
        "methodName": method,
        "resourceName": "projects/acme/locations/europe-west1/clusters/prod",
        "authenticationInfo": who,
        "requestMetadata": {"callerIp": ip, "callerSuppliedUserAgent": agent},
        "status": {},
        **changed.pop("payload", {}),
    }
    return {
        "insertId": _id(method, at, who, ip),
        "logName": f"projects/acme/logs/cloudaudit.googleapis.com%2F{log}",
        "timestamp": f"{when(at)}.123456789Z",
        "resource": {"type": "audited_resource", "labels": {"project_id": "acme"}},
        "protoPayload": payload,
        **changed,
    }


def delegated(
    account: str, method: str, at: str, *, gsa: str = "lake@acme.iam.gserviceaccount.com", **changed: Any
) -> dict[str, Any]:
    """A call by a service account of Google's, as which one of the cluster's acts."""
    who = {
        "principalEmail": gsa,
        "serviceAccountDelegationInfo": [{"principalSubject": f"serviceAccount:{POOL}[{account}]"}],
    }
    return google(method, at, **{"who": who, "log": "data_access", "service": "storage.googleapis.com", **changed})


def azure(operation: str, at: str, **changed: Any) -> dict[str, Any]:
    """A record of the Activity Log, as the command line gives it."""
    claims = changed.pop("claims", {"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": "ann@acme.example"})
    return {
        "eventTimestamp": f"{when(at)}.1234567Z",
        "operationName": {"value": operation, "localizedValue": "Something"},
        "category": {"value": "Administrative"},
        "status": {"value": "Succeeded"},
        "subStatus": {"value": ""},
        "caller": "ann@acme.example",
        "claims": claims,
        "httpRequest": {"clientIpAddress": HOME, "method": "POST"},
        "resourceId": AKS,
        "eventDataId": f"{operation}-{at}",
        "correlationId": f"c-{operation}-{at}",
        "subscriptionId": "1111",
        **changed,
    }


def federated(app: str, at: str, *, credential: str = "cred-1", **changed: Any) -> dict[str, Any]:
    """A sign-in of a service principal with a federated credential, as a row of Log Analytics."""
    return {
        "TenantId": "t",
        "TimeGenerated": f"{when(at)}.0000000Z",
        "Category": "ServicePrincipalSignInLogs",
        "Id": f"{app}-{at}-{changed.get('IPAddress', HOME)}",
        "AppId": app,
        "ServicePrincipalId": f"sp-{app}",
        "ServicePrincipalName": f"identity-{app}",
        "FederatedCredentialId": credential,
        "ClientCredentialType": "federatedIdentityCredential" if credential else "clientSecret",
        "IPAddress": HOME,
        "ResourceDisplayName": "Azure Storage",
        "ResultType": "0",
        "UniqueTokenIdentifier": f"uti-{at}",
        "Type": "AADServicePrincipalSignInLogs",
        **changed,
    }


def trail(*records: dict[str, Any], path: Any) -> CloudTrail:
    """Records as a file of JSON lines, read."""
    file = path / "cloud.json"
    file.write_text("\n".join(map(json.dumps, records)))
    return read_cloud_trail((str(file),))


def calls(*records: dict[str, Any], path: Any) -> tuple[CloudCall, ...]:
    """Their calls."""
    return trail(*records, path=path).calls


def sight(*records: dict[str, Any], path: Any) -> CloudSight:
    """What is seen of them without a cluster."""
    return sight_of(trail(*records, path=path))


def hours(make: Callable[[str], dict[str, Any]], *, every: int = 2) -> list[dict[str, Any]]:
    """The same call every few hours of the two days that trails of tests last."""
    start = datetime(2026, 10, 5, tzinfo=UTC)
    moments = (start + timedelta(hours=hour, minutes=7) for hour in range(0, 48, every))
    return [make(moment.strftime("%Y-%m-%dT%H:%M:%S")) for moment in moments]


def noise(cloud: str) -> list[dict[str, Any]]:
    """What two workloads of a cluster and a person do in a cloud, all day."""
    subjects = {f"app-{name}": f"system:serviceaccount:{name}:{name}" for name in ("data", "web")}

    def signed_in(app: str, at: str) -> dict[str, Any]:
        return federated(app, at, credential=f"cred-{app}", AuthenticationProcessingDetails=subjects[app])

    made: dict[str, list[Callable[[str], dict[str, Any]]]] = {
        "aws": [
            lambda at: exchange("data:data", at, key=f"ASIADATA{at[-14:-3]}"),
            lambda at: exchange("web:web", at, role="web"),
            lambda at: as_role("ListBuckets", at, role="nodes", session="i-0abc12345678def90", key="ASIANODE"),
            lambda at: aws("DescribeCluster", at, userAgent="aws-cli/2.31", sourceIPAddress=OFFICE),
        ],
        "google": [
            lambda at: delegated("data/data", "storage.objects.list", at),
            lambda at: delegated("web/web", "storage.objects.list", at, gsa="web@acme.iam.gserviceaccount.com"),
            lambda at: google(
                "storage.objects.get",
                at,
                service="storage.googleapis.com",
                log="data_access",
                who={"principalEmail": "1-compute@developer.gserviceaccount.com"},
            ),
            lambda at: google("google.container.v1.ClusterManager.SetLabels", at, ip=OFFICE, agent="gcloud/500"),
        ],
        "azure": [
            lambda at: signed_in("app-data", at),
            lambda at: signed_in("app-web", at),
            lambda at: azure("Microsoft.Resources/tags/write", at, caller="kubelet", claims=KUBELET),
            lambda at: azure("Microsoft.Resources/tags/write", at, httpRequest={"clientIpAddress": OFFICE}),
        ],
    }
    return [record for make in made[cloud] for record in hours(make)]
