"""The Node authorizer: what leads to a node, and what is Unknown."""

from __future__ import annotations

import pytest

from demarc.access import access_of, asker
from demarc.model.access import Answer, Asker, FieldRequirement, Request
from demarc.model.evidence import GapReason
from demarc.testing import a_node, a_pod, an_object
from tests.access.given import a_cluster_role, a_rule, an_authorizer, bound, group

N1 = asker("system:node:n1")
DRIVER = {"driver": "csi.example"}


def a_bound_pod(node="n1", name="web", annotations=None, **spec):
    return a_pod(
        name,
        namespace="shop",
        annotations=annotations,
        spec={"nodeName": node, "serviceAccountName": "robot", "containers": [], **spec},
    )


def ask(*objects, who=N1, verb="get", resource="secrets", name="s", namespace="shop", **how):
    request = {key: how.pop(key) for key in ("group", "subresource", "fields", "path") if key in how}
    asked = Request(verb=verb, resource=resource, name=name, namespace=namespace, **request)
    return an_authorizer(*objects, **how).decide(who, asked)


def env(**reference):
    return {"name": "c", "env": [{"name": "A", "value": "x"}, {"name": "B", "valueFrom": reference}]}


SECRET = {"secretRef": {"name": "s"}}


@pytest.mark.parametrize(
    ("resource", "spec"),
    [
        ("secrets", {"imagePullSecrets": [{"name": "s"}]}),
        ("secrets", {"containers": [env(secretKeyRef={"name": "s", "key": "k"})]}),
        ("secrets", {"initContainers": [env(secretKeyRef={"name": "s", "key": "k"})]}),
        ("secrets", {"containers": [{"name": "c", "envFrom": [{"secretRef": {"name": "s"}}]}]}),
        ("secrets", {"volumes": [{"name": "v", "secret": {"secretName": "s"}}]}),
        ("secrets", {"volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "s"}}]}}]}),
        ("secrets", {"volumes": [{"name": "v", "csi": {**DRIVER, "nodePublishSecretRef": {"name": "s"}}}]}),
        ("secrets", {"volumes": [{"name": "v", "azureFile": {"secretName": "s"}}]}),
        *(
            ("secrets", {"volumes": [{"name": "v", kind: SECRET}]})
            for kind in ("cephfs", "cinder", "flexVolume", "rbd", "scaleIO", "iscsi", "storageos")
        ),
        ("configmaps", {"containers": [env(configMapKeyRef={"name": "s", "key": "k"})]}),
        ("configmaps", {"containers": [{"name": "c", "envFrom": [{"configMapRef": {"name": "s"}}]}]}),
        ("configmaps", {"volumes": [{"name": "v", "configMap": {"name": "s"}}]}),
        ("configmaps", {"volumes": [{"name": "v", "projected": {"sources": [{"configMap": {"name": "s"}}]}}]}),
        ("persistentvolumeclaims", {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "s"}}]}),
    ],
)
def test_what_a_pod_refers_to_is_readable_by_its_node_alone(resource, spec):
    objects = [a_bound_pod(**spec), a_bound_pod("n2", "other")]
    found = ask(*objects, resource=resource)
    assert (found.answer, found.authorizer, found.reason) == (Answer.ALLOWED, "Node", "")
    denied = ask(*objects, resource=resource, who=asker("system:node:n2"))
    assert denied.answer is Answer.DENIED
    assert denied.reason == "no relationship found between node 'n2' and this object"
    assert not ask(*objects, resource=resource, name="other").allowed
    assert not ask(*objects, resource=resource, namespace="bank").allowed


def test_only_members_of_the_group_are_nodes():
    pod = a_bound_pod(imagePullSecrets=[{"name": "s"}])
    assert not ask(pod, who=Asker(user="system:node:n1", groups=("system:authenticated",))).allowed
    assert not ask(pod, who=Asker(user="n1", groups=("system:nodes",))).allowed
    nameless = ask(pod, who=Asker(user="system:node:", groups=("system:nodes",)))
    assert nameless.reason == 'unknown node for user "system:node:"'


@pytest.mark.parametrize(
    ("verb", "extra", "reason"),
    [
        ("update", {}, "can only read resources of this type"),
        ("get", {"subresource": "status"}, "cannot read subresource"),
        ("list", {"namespace": ""}, "can only read namespaced object of this type"),
        ("list", {"name": ""}, "No Object name found"),
    ],
)
def test_secrets_are_read_one_by_one(verb, extra, reason):
    found = ask(a_bound_pod(imagePullSecrets=[{"name": "s"}]), verb=verb, **extra)
    assert (found.answer, found.reason) == (Answer.DENIED, reason)


@pytest.mark.parametrize("verb", ["list", "watch"])
def test_a_single_secret_may_be_listed_and_watched(verb):
    assert ask(a_bound_pod(imagePullSecrets=[{"name": "s"}]), verb=verb).allowed


def test_a_mirror_pod_leads_nowhere_but_itself():
    pod = a_bound_pod(annotations={"kubernetes.io/config.mirror": "x"}, imagePullSecrets=[{"name": "s"}])
    assert ask(pod).answer is Answer.DENIED
    assert ask(pod, resource="pods", name="web").allowed
    assert not ask(pod, verb="create", resource="serviceaccounts", name="robot", subresource="token").allowed


def test_tokens_are_asked_for_the_accounts_of_own_pods():
    token = {"verb": "create", "resource": "serviceaccounts", "subresource": "token"}
    assert ask(a_bound_pod(), **token, name="robot").allowed
    assert ask(a_bound_pod(), **token, name="other").reason.startswith("no relationship found")
    assert ask(a_bound_pod(), **token, name="").reason == "can only create tokens for individual service accounts"
    assert not ask(a_bound_pod(), verb="update", resource="serviceaccounts", name="robot").allowed


def test_accounts_are_readable_where_the_server_shows_it():
    read = {"resource": "serviceaccounts", "name": "robot"}
    shows = a_cluster_role("system:node", a_rule(["get"], ["serviceaccounts"]))
    hides = a_cluster_role("system:node", a_rule(["get"], ["services"]))
    assert ask(a_bound_pod(), shows, **read).allowed
    assert not ask(a_bound_pod(), shows, **read, who=asker("system:node:n2")).allowed
    assert not ask(a_bound_pod(), hides, **read).allowed
    assert ask(a_bound_pod(), **read, version="v1.34.0").allowed
    assert ask(a_bound_pod(), **read, version="v1.33.0").answer is Answer.DENIED
    assert ask(a_bound_pod(), **read, version="").answer is Answer.UNKNOWN
    assert ask(a_bound_pod(), **(read | {"name": "other"}), version="").answer is Answer.DENIED


def a_volume(name="v", claim="data", **spec):
    reference = {"claimRef": {"namespace": "shop", "name": claim}} if claim else {}
    return an_object("v1", "PersistentVolume", name, spec={**reference, **spec})


MOUNTS = {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}


def test_volumes_and_their_secrets_lead_through_the_claim():
    elsewhere = {"name": "s", "namespace": "vault"}
    volume = a_volume(csi={"driver": "d", "nodeStageSecretRef": elsewhere, "controllerPublishSecretRef": {"name": "c"}})
    pod = a_bound_pod(**MOUNTS)
    assert ask(pod, volume, resource="persistentvolumes", name="v", namespace="").allowed
    assert ask(pod, volume, namespace="vault").allowed
    assert not ask(pod, volume, name="c").allowed
    assert not ask(pod, a_volume(claim=""), resource="persistentvolumes", name="v", namespace="").allowed
    assert not ask(a_bound_pod(), volume, namespace="vault").allowed


def test_a_volume_without_the_namespace_of_its_secret_means_that_of_the_claim():
    pod = a_bound_pod(**MOUNTS)
    for kind in ("cephfs", "rbd", "iscsi", "scaleIO", "flexVolume"):
        assert ask(pod, a_volume(**{kind: SECRET})).allowed, kind
    for kind in ("cinder", "storageos"):
        assert not ask(pod, a_volume(**{kind: SECRET})).allowed, kind
    assert ask(pod, a_volume(azureFile={"secretName": "s"})).allowed
    assert not ask(pod, a_volume(azureFile={"secretName": "s", "secretNamespace": "vault"})).allowed


def test_ephemeral_volumes_have_claims_named_after_pod_and_volume():
    pod = a_bound_pod(volumes=[{"name": "scratch", "ephemeral": {"volumeClaimTemplate": {}}}])
    claim = {"resource": "persistentvolumeclaims", "name": "web-scratch"}
    assert ask(pod, **claim).allowed
    assert ask(pod, **claim, verb="update", subresource="status").allowed
    assert ask(pod, **claim, verb="get", subresource="status").reason == "can only get/update/patch this type"
    assert ask(pod, **claim, verb="list").reason == "can only get individual resources of this type"


def test_device_claims_lead_by_name_or_by_the_pod_for_which_they_were_made():
    claims = {"resourceClaims": [{"name": "a", "resourceClaimName": "s"}]}
    ask_claim = {"resource": "resourceclaims", "group": "resource.k8s.io"}
    assert ask(a_bound_pod(**claims), **ask_claim).allowed
    made = a_bound_pod(resourceClaims=[{"name": "a", "resourceClaimTemplateName": "t"}])
    claim = an_object("resource.k8s.io/v1", "ResourceClaim", "s", namespace="shop", owner=made)
    assert ask(made, claim, **ask_claim).allowed
    assert ask(made, **ask_claim).answer is Answer.UNKNOWN
    assert ask(a_bound_pod(), **ask_claim).answer is Answer.DENIED


def test_what_only_an_ephemeral_container_refers_to_is_unknown():
    pod = a_bound_pod(ephemeralContainers=[env(secretKeyRef={"name": "s", "key": "k"})])
    found = ask(pod)
    assert found.answer is Answer.UNKNOWN
    assert "ephemeral container" in found.reason


def test_without_pods_the_answer_is_unknown_and_says_so():
    found = ask(a_node("n1"))
    assert found.answer is Answer.UNKNOWN
    assert "no pods are in what was given" in found.reason
    assert ask(a_bound_pod(), gaps=(("pods", GapReason.FORBIDDEN),)).answer is Answer.UNKNOWN
    assert ask(live=True).answer is Answer.DENIED


def test_without_volumes_only_nodes_whose_pods_mount_claims_are_unsure():
    assert ask(a_bound_pod(**MOUNTS)).answer is Answer.UNKNOWN
    assert ask(a_bound_pod(**MOUNTS), resource="configmaps").answer is Answer.DENIED
    assert ask(a_bound_pod()).answer is Answer.DENIED


def test_rbac_may_allow_what_the_node_authorizer_does_not():
    role = a_cluster_role("r", a_rule(["get"], ["secrets"]))
    found = ask(a_node("n1"), role, bound("b", "r", group("system:nodes")))
    assert found.authorizer == "RBAC"


def test_reasons_of_both_authorizers_stand_below_each_other():
    found = ask(a_bound_pod(), bound("b", "gone", group("system:nodes")))
    assert found.reason == (
        "no relationship found between node 'n1' and this object\n"
        'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found'
    )


def by_node(field="spec.nodeName", node="n1"):
    return (FieldRequirement(field=field, value=node),)


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        ({"resource": "nodes", "verb": "get", "name": "n1"}, True),
        ({"resource": "nodes", "verb": "get", "name": "n2"}, False),
        ({"resource": "nodes", "verb": "list", "name": ""}, False),
        ({"resource": "nodes", "verb": "create", "name": ""}, True),
        ({"resource": "nodes", "verb": "patch", "name": "n2"}, True),
        ({"resource": "nodes", "verb": "delete", "name": "n1"}, False),
        ({"resource": "nodes", "verb": "patch", "name": "n2", "subresource": "status"}, True),
        ({"resource": "nodes", "verb": "get", "name": "n1", "subresource": "status"}, False),
        ({"resource": "nodes", "verb": "get", "name": "n1", "subresource": "proxy"}, False),
        ({"resource": "pods", "verb": "get", "name": "web"}, True),
        ({"resource": "pods", "verb": "get", "name": "db"}, False),
        ({"resource": "pods", "verb": "list", "name": ""}, False),
        ({"resource": "pods", "verb": "list", "name": "web"}, True),
        ({"resource": "pods", "verb": "list", "name": "", "fields": by_node()}, True),
        ({"resource": "pods", "verb": "watch", "name": "", "fields": by_node(node="n2")}, False),
        ({"resource": "pods", "verb": "delete", "name": "db"}, True),
        ({"resource": "pods", "verb": "update", "name": "web"}, False),
        ({"resource": "pods", "verb": "update", "name": "db", "subresource": "status"}, True),
        ({"resource": "pods", "verb": "create", "name": "db", "subresource": "eviction"}, True),
        ({"resource": "pods", "verb": "create", "name": "web", "subresource": "exec"}, False),
        ({"resource": "leases", "group": "coordination.k8s.io", "verb": "update", "name": "n1"}, False),
        ({"resource": "services", "verb": "list", "name": ""}, True),
        ({"resource": "services", "verb": "create", "name": ""}, False),
        ({"resource": "endpoints", "verb": "list", "name": ""}, False),
        ({"resource": "events", "verb": "create", "name": ""}, True),
        ({"resource": "events", "group": "events.k8s.io", "verb": "patch", "name": "e"}, True),
        ({"resource": "runtimeclasses", "group": "node.k8s.io", "verb": "watch", "name": ""}, True),
        ({"resource": "subjectaccessreviews", "group": "authorization.k8s.io", "verb": "create", "name": ""}, True),
        ({"resource": "tokenreviews", "group": "authentication.k8s.io", "verb": "create", "name": ""}, True),
        ({"resource": "deployments", "group": "apps", "verb": "get", "name": "d"}, False),
    ],
)
def test_the_other_resources_of_a_node(asked, allowed):
    objects = (a_bound_pod(), a_bound_pod("n2", "db"))
    assert ask(*objects, **asked).answer is (Answer.ALLOWED if allowed else Answer.DENIED)


@pytest.mark.parametrize(
    ("group_", "resource", "namespace"),
    [("coordination.k8s.io", "leases", "kube-node-lease"), ("storage.k8s.io", "csinodes", "")],
)
def test_a_node_has_its_own_lease_and_csi_node(group_, resource, namespace):
    own = {"group": group_, "resource": resource, "namespace": namespace}
    assert ask(**own, verb="update", name="n1").allowed
    assert ask(**own, verb="create", name="").allowed
    assert not ask(**own, verb="update", name="n2").allowed
    assert not ask(**own, verb="list", name="n1").allowed


def test_objects_that_name_their_node_lead_to_it():
    attachment = an_object("storage.k8s.io/v1", "VolumeAttachment", "s", spec={"nodeName": "n1"})
    other = an_object("storage.k8s.io/v1", "VolumeAttachment", "t", spec={"nodeName": "n2"})
    asked = {"group": "storage.k8s.io", "resource": "volumeattachments", "namespace": ""}
    assert ask(attachment, other, **asked).allowed
    assert ask(attachment, other, **asked, name="t").answer is Answer.DENIED
    assert ask(a_bound_pod(), **asked).answer is Answer.UNKNOWN
    slices = {"group": "resource.k8s.io", "resource": "resourceslices", "namespace": ""}
    of_n1 = an_object("resource.k8s.io/v1", "ResourceSlice", "s", spec={"nodeName": "n1"})
    assert ask(of_n1, **slices, verb="delete").allowed
    assert ask(**slices, verb="create", name="").allowed
    assert ask(**slices, verb="list", name="", fields=by_node("nodeName")).allowed
    assert ask(**slices, verb="list", name="").answer is Answer.DENIED
    assert ask(**slices, verb="list", name="", version="v1.31.4").allowed


def test_features_that_are_off_by_default_show_in_the_role_of_the_nodes():
    request = {"group": "certificates.k8s.io", "resource": "podcertificaterequests", "verb": "create", "name": ""}
    on = a_cluster_role(
        "system:node",
        a_rule(["create"], ["podcertificaterequests"], ["certificates.k8s.io"]),
        a_rule(["get"], ["clustertrustbundles"], ["certificates.k8s.io"]),
    )
    assert ask(on, **request).allowed
    assert ask(**request).answer is Answer.DENIED
    bundles = request | {"resource": "clustertrustbundles", "verb": "list"}
    assert ask(on, **bundles).allowed
    assert ask(**bundles).answer is Answer.DENIED


def test_before_1_32_nodes_see_all_nodes_and_pods():
    for asked in ({"resource": "nodes"}, {"resource": "pods"}):
        assert ask(**asked, verb="list", name="", version="v1.31.9").allowed
        assert ask(**asked, verb="list", name="", version="v1.32.0-eks-1").answer is Answer.DENIED
        found = ask(**asked, verb="list", name="", version="")
        assert found.answer is Answer.UNKNOWN
        assert "version is not known" in found.reason
        new_kubelet = a_node("n1", kubelet_version="v1.33.1")
        assert ask(new_kubelet, **asked, verb="list", name="", version="").answer is Answer.DENIED
        old_kubelet = a_node("n1", kubelet_version="v1.30.1")
        assert ask(old_kubelet, **asked, verb="list", name="", version="").answer is Answer.UNKNOWN
    assert ask(resource="nodes", verb="create", name="", version="").allowed


def test_access_of_a_node_says_what_its_pods_bring():
    pod = a_bound_pod(imagePullSecrets=[{"name": "s"}], **MOUNTS)
    reach = access_of(an_authorizer(pod, a_bound_pod("n2", "db", imagePullSecrets=[{"name": "t"}])), N1).node
    assert reach is not None
    assert (reach.pods, reach.secrets, reach.claims) == (("shop/web",), ("shop/s",), ("shop/data",))
    assert reach.service_accounts == ("shop/robot",)
