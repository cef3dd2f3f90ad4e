"""Azure Activity, resource and Entra logs as calls, by every way in which they leave Azure."""

import json

import pytest

from demarc.events.cloud import read_cloud_trail
from demarc.model.cloud_calls import CallKind, Cloud, CloudShape, Outcome, PrincipalKind
from tests.cloud_records import AKS, azure, calls, federated

ADMIN = "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action"
CLAIMS = {
    "appid": "app-1",
    "http://schemas.microsoft.com/identity/claims/objectidentifier": "oid-1",
    "uti": "uti-01:00:00",
    "xms_mirid": "/subscriptions/1/resourcegroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/lake",
}


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        (ADMIN, CallKind.CLUSTER_CREDENTIAL),
        (ADMIN.replace("Admin", "User"), CallKind.CLUSTER_CREDENTIAL),
        ("MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/RUNCOMMAND/ACTION", CallKind.CLUSTER_ACCESS),
        ("Microsoft.ContainerService/managedClusters/write", CallKind.CLUSTER_CHANGE),
        ("Microsoft.Authorization/roleAssignments/write", CallKind.CLUSTER_ACCESS),
        ("Microsoft.Insights/diagnosticSettings/delete", CallKind.LOGGING_OFF),
        (
            "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
            CallKind.IDENTITY_CHANGE,
        ),
        ("Microsoft.Compute/virtualMachineScaleSets/virtualMachines/runCommand/action", CallKind.NODE_ACCESS),
        ("Microsoft.Compute/disks/beginGetAccess/action", CallKind.DISK_COPY),
        ("Microsoft.Storage/storageAccounts/listKeys/action", CallKind.SECRET_READ),
        ("Microsoft.Resources/tags/write", CallKind.OTHER),
    ],
)
def test_what_an_activity_is(operation, kind, tmp_path):
    (call,) = calls(azure(operation, "01:00:00"), path=tmp_path)
    assert (call.cloud, call.kind, call.cluster) == (Cloud.AZURE, kind, "prod")
    assert (call.principal, call.principal_kind, call.address) == (
        "ann@acme.example",
        PrincipalKind.PERSON,
        "198.51.100.10",
    )


def test_a_role_over_something_else_is_no_way_into_the_cluster(tmp_path):
    other = "/subscriptions/1111/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/x"
    (call,) = calls(azure("Microsoft.Authorization/roleAssignments/write", "01:00:00", resourceId=other), path=tmp_path)
    assert call.kind is CallKind.IDENTITY_CHANGE


@pytest.mark.parametrize(
    ("logs", "off"),
    [
        ([{"category": "kube-audit", "enabled": False}], True),
        ([{"category": "kube-audit", "enabled": True}], False),
        ([{"category": "cluster-autoscaler", "enabled": False}], False),
        ([{"category": "kube-audit", "enabled": False}, {"category": "kube-audit-admin", "enabled": True}], False),
    ],
)
def test_a_diagnostic_setting_is_off_where_no_audit_category_is_left(logs, off, tmp_path):
    properties = {"requestbody": json.dumps({"properties": {"logs": logs}})}
    (call,) = calls(
        azure("Microsoft.Insights/diagnosticSettings/write", "01:00:00", properties=properties), path=tmp_path
    )
    assert (call.kind is CallKind.LOGGING_OFF) is off


def test_a_managed_identity_is_named_by_all_its_ids(tmp_path):
    (call,) = calls(azure("Microsoft.Resources/tags/write", "01:00:00", caller="oid-1", claims=CLAIMS), path=tmp_path)
    assert call.principal_kind is PrincipalKind.SERVICE_ACCOUNT
    assert {"app-1", "oid-1"} <= set(call.principal_ids)
    assert (call.role, call.session) == ("lake", "uti-01:00:00")


@pytest.mark.parametrize(
    ("status", "sub", "outcome"),
    [
        ("Succeeded", "", Outcome.DONE),
        ("Started", "", Outcome.DONE),
        ("Failed", "Forbidden", Outcome.REFUSED),
        ("Failed", "Conflict", Outcome.FAILED),
    ],
)
def test_what_came_of_it(status, sub, outcome, tmp_path):
    (call,) = calls(azure(ADMIN, "01:00:00", status={"value": status}, subStatus={"value": sub}), path=tmp_path)
    assert call.outcome is outcome


def test_begun_and_ended_are_one_call(tmp_path):
    begun = azure(ADMIN, "01:00:00", status={"value": "Started"}, correlationId="c", eventDataId="1")
    ended = azure(
        ADMIN,
        "01:00:09",
        status={"value": "Failed"},
        subStatus={"value": "Forbidden"},
        correlationId="c",
        eventDataId="2",
    )
    (call,) = calls(ended, begun, path=tmp_path)
    assert call.outcome is Outcome.REFUSED
    assert call.id == "1"


DIAGNOSTIC = {
    "time": "2026-10-01T01:00:00.1234567Z",
    "resourceId": AKS.upper(),
    "operationName": ADMIN.upper(),
    "category": "Administrative",
    "resultType": "Success",
    "callerIpAddress": "203.0.113.66:51234",
    "correlationId": "c1",
    "identity": {"authorization": {"scope": AKS}, "claims": CLAIMS},
    "properties": {"eventCategory": "Administrative"},
}
TABLE = {
    "TimeGenerated": "2026-10-01T01:00:00.1234567Z",
    "OperationNameValue": ADMIN.upper(),
    "CategoryValue": "Administrative",
    "ActivityStatusValue": "Success",
    "Caller": "oid-1",
    "CallerIpAddress": "203.0.113.66",
    "Claims": json.dumps(CLAIMS),
    "_ResourceId": AKS.lower(),
    "CorrelationId": "c1",
    "Type": "AzureActivity",
}
QUERY = {
    "tables": [
        {
            "name": "PrimaryResult",
            "columns": [{"name": key, "type": "string"} for key in TABLE],
            "rows": [list(TABLE.values())],
        }
    ]
}
CSV = (
    ",".join(f'"{key} [UTC]"' if key == "TimeGenerated" else key for key in TABLE)
    + "\n"
    + ",".join('"' + value.replace('"', '""') + '"' for value in TABLE.values())
    + "\n"
)


@pytest.mark.parametrize(
    "text",
    [json.dumps({"records": [DIAGNOSTIC]}), json.dumps(DIAGNOSTIC), json.dumps([TABLE]), json.dumps(QUERY), CSV],
    ids=["records", "lines", "rows", "query", "csv"],
)
def test_every_way_out_of_azure_is_read(text, tmp_path):
    file = tmp_path / "export"
    file.write_text(text)
    (call,) = read_cloud_trail((str(file),)).calls
    assert (call.kind, call.address, call.cluster) == (CallKind.CLUSTER_CREDENTIAL, "203.0.113.66", "prod")
    assert (call.shape, call.session) == (CloudShape.AZURE_ACTIVITY, "uti-01:00:00")
    assert "app-1" in call.principal_ids


def test_a_sign_in_with_a_federated_credential_is_an_exchange(tmp_path):
    with_secret, with_token = calls(
        federated("app-1", "01:00:00", credential=""), federated("app-1", "02:00:00"), path=tmp_path
    )
    assert (with_token.kind, with_token.role, with_token.issued) == (CallKind.EXCHANGE, "app-1", "uti-02:00:00")
    assert "cred-1" in with_token.principal_ids
    assert with_secret.kind is CallKind.SIGN_IN


def test_a_subject_is_told_where_the_record_holds_one(tmp_path):
    said = json.dumps([{"key": "Federated subject", "value": "system:serviceaccount:data:exporter"}])
    (call,) = calls(federated("app-1", "01:00:00", AuthenticationProcessingDetails=said), path=tmp_path)
    assert call.workload == "system:serviceaccount:data:exporter"


def test_a_sign_in_as_a_diagnostic_record_and_one_of_a_person(tmp_path):
    person = {
        "userPrincipalName": "ann@acme.example",
        "userId": "u",
        "appId": "cli",
        "ipAddress": "203.0.113.66",
        "resourceDisplayName": "Azure Resource Manager",
        "createdDateTime": "2026-10-01T01:00:00Z",
        "status": {"errorCode": 50126},
        "id": "s1",
    }
    record = {
        "time": "2026-10-01T01:00:00Z",
        "category": "SignInLogs",
        "operationName": "Sign-in activity",
        "resourceId": "/tenants/t",
        "callerIpAddress": "203.0.113.66",
        "identity": "Ann",
        "properties": person,
    }
    (call,) = calls(record, path=tmp_path)
    assert (call.principal, call.principal_kind, call.kind) == (
        "ann@acme.example",
        PrincipalKind.PERSON,
        CallKind.SIGN_IN,
    )
    assert (call.outcome, call.error) == (Outcome.REFUSED, "50126")


def test_a_managed_identity_signs_in_from_an_address_that_nobody_records(tmp_path):
    row = federated(
        "app-1",
        "01:00:00",
        credential="",
        Category="ManagedIdentitySignInLogs",
        IPAddress="",
        ClientCredentialType="none",
    )
    (call,) = calls(row, path=tmp_path)
    assert (call.address, call.kind) == ("", CallKind.SIGN_IN)


def test_the_directorys_audit_log_names_keys_that_were_made(tmp_path):
    record = {
        "activityDateTime": "2026-10-01T01:00:00Z",
        "activityDisplayName": "Update application – Certificates and secrets management",
        "initiatedBy": {"user": {"userPrincipalName": "ann@acme.example", "ipAddress": "203.0.113.66", "id": "u"}},
        "targetResources": [{"displayName": "lake-app", "id": "a"}],
        "result": "success",
        "id": "d1",
    }
    (call,) = calls(record, path=tmp_path)
    assert (call.kind, call.object, call.principal, call.address) == (
        CallKind.KEY_MADE,
        "lake-app",
        "ann@acme.example",
        "203.0.113.66",
    )


def test_a_secret_of_a_vault_that_was_read(tmp_path):
    record = {
        "time": "2026-10-01T01:00:00Z",
        "category": "AuditEvent",
        "operationName": "SecretGet",
        "resourceId": "/SUBSCRIPTIONS/1/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV",
        "callerIPAddress": "203.0.113.66",
        "resultType": "Success",
        "identity": {"claim": {"appid": "app-1", "oid": "oid-1"}},
        "properties": {"id": "https://kv.vault.azure.net/secrets/db/0123456789abcdef", "clientInfo": "curl/8"},
    }
    (call,) = calls(record, path=tmp_path)
    assert (call.kind, call.object, call.agent) == (CallKind.SECRET_READ, "kv.vault.azure.net/secrets/db", "curl/8")
    assert call.shape is CloudShape.AZURE_RESOURCE
