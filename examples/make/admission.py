"""What guards the API: admission webhooks and the policies of the policy engine, with the gaps in them."""

from __future__ import annotations

import base64
from typing import Any

from make import certs
from make.company import CLUSTER_CREATED
from make.kube import Object, make


def _webhook(
    name: str, service_name: str, namespace: str, bundle: str, *, policy: str, rules: list[Any]
) -> dict[str, Any]:
    return {
        "admissionReviewVersions": ["v1"],
        "clientConfig": {
            "caBundle": base64.b64encode(bundle.encode()).decode(),
            "service": {"name": service_name, "namespace": namespace, "path": "/validate", "port": 443},
        },
        "failurePolicy": policy,
        "matchPolicy": "Equivalent",
        "name": name,
        "rules": rules,
        "sideEffects": "None",
        "timeoutSeconds": 10,
    }


def webhooks() -> list[Object]:
    """Admission webhooks: the policy engine's fails open and looks away from namespaces that carry a label."""
    everything = [
        {
            "apiGroups": ["*"],
            "apiVersions": ["*"],
            "operations": ["CREATE", "UPDATE"],
            "resources": ["*/*"],
            "scope": "*",
        }
    ]
    pods = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"], "scope": "*"}]
    paths = [
        {
            "apiGroups": ["networking.k8s.io"],
            "apiVersions": ["v1"],
            "operations": ["CREATE", "UPDATE"],
            "resources": ["ingresses"],
            "scope": "*",
        }
    ]
    kyverno = _webhook(
        "validate.kyverno.svc-ignore",
        "kyverno-svc",
        "kyverno",
        certs.KYVERNO_WEBHOOK,
        policy="Ignore",
        rules=everything,
    )
    kyverno["namespaceSelector"] = {
        "matchExpressions": [{"key": "policy.fjordkite.example/skip", "operator": "DoesNotExist"}]
    }
    nginx = _webhook(
        "validate.nginx.ingress.kubernetes.io",
        "ingress-nginx-controller-admission",
        "ingress-nginx",
        certs.INGRESS_WEBHOOK,
        policy="Fail",
        rules=paths,
    )
    identity = _webhook(
        "iam-for-pods.amazonaws.com",
        "pod-identity-webhook",
        "kube-system",
        certs.CLUSTER_CA,
        policy="Ignore",
        rules=pods,
    )
    identity["clientConfig"] = {
        "caBundle": identity["clientConfig"]["caBundle"],
        "url": "https://127.0.0.1:23443/mutate",
    }
    api = "admissionregistration.k8s.io/v1"
    return [
        make(
            api,
            "ValidatingWebhookConfiguration",
            "kyverno-resource-validating-webhook-cfg",
            made="2025-02-11T10:05:30Z",
            by="kyverno",
            webhooks=[kyverno],
        ),
        make(
            api,
            "ValidatingWebhookConfiguration",
            "ingress-nginx-admission",
            made="2024-03-12T09:21:02Z",
            by="helm",
            webhooks=[nginx],
        ),
        make(
            api,
            "MutatingWebhookConfiguration",
            "pod-identity-webhook",
            made=CLUSTER_CREATED,
            by="kube-apiserver",
            webhooks=[identity],
        ),
    ]


def policies() -> list[Object]:
    """Kyverno's policies: the one that would have stopped the privileged pod only audits."""

    def cluster_policy(name: str, action: str, message: str, pattern: dict[str, Any]) -> Object:
        check = {
            "match": {"any": [{"resources": {"kinds": ["Pod"]}}]},
            "name": name,
            "validate": {"failureAction": action, "message": message, "pattern": pattern},
        }
        return make(
            "kyverno.io/v1",
            "ClusterPolicy",
            name,
            made="2025-02-11T10:30:00Z",
            by="kubectl-client-side-apply",
            spec={"background": True, "rules": [check]},
        )

    privileged = {"spec": {"=(hostPID)": "false", "containers": [{"=(securityContext)": {"=(privileged)": "false"}}]}}
    labelled = {"metadata": {"labels": {"app.kubernetes.io/name": "?*"}}}
    return [
        cluster_policy("no-privileged-pods", "Audit", "Privileged pods are not allowed.", privileged),
        cluster_policy("named-pods", "Enforce", "Pods carry app.kubernetes.io/name.", labelled),
        make(
            "kyverno.io/v2",
            "PolicyException",
            "yard-planner-unnamed",
            "yard",
            made="2025-02-12T09:00:00Z",
            by="kubectl-create",
            spec={
                "exceptions": [{"policyName": "named-pods", "ruleNames": ["named-pods"]}],
                "match": {"any": [{"resources": {"namespaces": ["yard"]}}]},
            },
        ),
    ]


def objects() -> list[Object]:
    """Webhooks and policies."""
    return [*webhooks(), *policies()]
