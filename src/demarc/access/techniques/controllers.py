"""Controllers that act for others: operators, stores of secrets, issuers of certificates, backends of API groups."""

from __future__ import annotations

from typing import NamedTuple

from demarc.access.aggregate import selects
from demarc.access.graph import GraphBuilder
from demarc.access.techniques import things
from demarc.access.techniques.grants import Writer
from demarc.access.techniques.offers import where
from demarc.access.techniques.pods import Running
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View, seen_in, shown
from demarc.model.graph import Thing
from demarc.model.kubernetes import CustomResourceDefinition, SecretStore

_WRITE = "create|update|patch"


class Operator(NamedTuple):
    """A controller that makes pods or bindings as an object says."""

    group: str
    resource: str
    image: str
    """Part of the name of its image."""
    pods: bool
    """Whether the object itself says which account, image and command the pods have."""


OPERATORS = (
    Operator("argoproj.io", "workflows", "argoproj/workflow-controller", pods=True),
    Operator("argoproj.io", "cronworkflows", "argoproj/workflow-controller", pods=True),
    Operator("tekton.dev", "taskruns", "tekton", pods=True),
    Operator("tekton.dev", "pipelineruns", "tekton", pods=True),
    Operator("monitoring.coreos.com", "prometheuses", "prometheus-operator", pods=True),
    Operator("monitoring.coreos.com", "alertmanagers", "prometheus-operator", pods=True),
    Operator("sparkoperator.k8s.io", "sparkapplications", "spark-operator", pods=True),
    Operator("ray.io", "rayclusters", "kuberay", pods=True),
    Operator("ray.io", "rayjobs", "kuberay", pods=True),
    Operator("kubeflow.org", "notebooks", "notebook-controller", pods=True),
    Operator("kubeflow.org", "pytorchjobs", "training-operator", pods=True),
    Operator("keda.sh", "scaledjobs", "keda", pods=True),
    Operator("serving.knative.dev", "services", "knative", pods=True),
    Operator("actions.github.com", "autoscalingrunnersets", "gha-runner-scale-set-controller", pods=True),
    Operator("batch.volcano.sh", "jobs", "volcano", pods=True),
    Operator("postgresql.cnpg.io", "clusters", "cloudnative-pg", pods=False),
    Operator("kafka.strimzi.io", "kafkas", "strimzi", pods=False),
    Operator("opentelemetry.io", "opentelemetrycollectors", "opentelemetry-operator", pods=True),
    Operator("operators.coreos.com", "subscriptions", "olm", pods=False),
    Operator("rbacmanager.reactiveops.io", "rbacdefinitions", "rbac-manager", pods=False),
    Operator("pkg.crossplane.io", "providers", "crossplane", pods=False),
)
"""Operators of which it is known that they act so; of any other nothing is said."""


def operator_deputy(view: View, graph: GraphBuilder) -> None:
    """Rights to write the objects of operators that run here: to their account, or to what their pods may have."""
    writer = Writer(view, graph, "OPERATOR_DEPUTY")
    for operator in OPERATORS:
        running = next((one for one in view.workloads.all if one.pods and _is_image(one, operator.image)), None)
        if running is None:
            continue
        more = (seen_in(running, f"image {operator.image} runs"),)
        for claim in view.rights.claims(f"{_WRITE} {operator.resource}.{operator.group}"):
            for place, stop in writer.places(claim, "CREATE", f"{operator.resource}.{operator.group}"):
                says = f"writing {operator.resource}.{operator.group} {where(place)}, which {running.what} acts on"
                if operator.pods:
                    writer.edge(claim, things.any_account(graph, place), says, place=place, unknown=stop, more=more)
                else:
                    target = things.account(graph, running.namespace, running.account)
                    unknown = stop or "how far the operator does what the object says cannot be seen"
                    writer.edge(claim, target, says, place=place, unknown=unknown, more=more)


def _is_image(running: Running, part: str) -> bool:
    return any(part in container.image for _, container in running.containers())


def external_secret_pull(view: View, graph: GraphBuilder) -> None:
    """Rights to have an item fetched from a store that may be used there, and to read the Secret that comes of it."""
    writer = Writer(view, graph, "EXTERNAL_SECRET_PULL")
    what = f"{_WRITE} externalsecrets.external-secrets.io"
    stores = [
        *view.snapshot.all("ClusterSecretStore.external-secrets.io", SecretStore),
        *view.snapshot.all("SecretStore.external-secrets.io", SecretStore),
    ]
    for back, how in (("get|list|watch secrets", "reading"), ("create pods", "mounting")) if stores else ():
        for claim in view.rights.claims(what, back):
            if claim.names[1] is not None:
                continue
            for store in stores:
                places = [place for place in _spaces(view, store) if claim.namespace in ("", place)]
                if places:
                    place = places[0]
                    stop = view.guards.may_stop("CREATE", "external-secrets.io", "externalsecrets", place)
                    says = f"fetching items of {store.kind} {store.key} into {place} and {how} them"
                    more = (shown(store, f"spec.conditions let {place} use it"),)
                    target = things.outside(graph, f"items of {store.kind} {store.key}")
                    writer.edge(claim, target, says, place=place, unknown=stop, more=more)


def _spaces(view: View, store: SecretStore) -> list[str]:
    """Namespaces that may use a store."""
    if store.metadata.namespace:
        return [store.metadata.namespace]
    conditions = store.spec.conditions
    if not conditions:
        return sorted(view.namespaces)
    return [
        name
        for name, labels in sorted(view.namespaces.items())
        if any(
            name in (one.namespaces or ()) or (one.namespace_selector and selects(one.namespace_selector, labels))
            for one in conditions
        )
    ]


def cert_issue(view: View, graph: GraphBuilder) -> None:
    """Rights to have certificates issued. Who trusts the issuer stands outside of its object."""
    writer = Writer(view, graph, "CERT_ISSUE")
    issuers = view.snapshot.objects.get("ClusterIssuer.cert-manager.io", ())
    for text in (f"{_WRITE} certificates.cert-manager.io", "create certificaterequests.cert-manager.io"):
        for claim in view.rights.claims(text) if issuers else ():
            for issuer in issuers:
                target = graph.node(Thing.CREDENTIAL, f"certificates of ClusterIssuer {issuer.metadata.name}")
                says = f"having certificates issued by ClusterIssuer {issuer.metadata.name} {where(claim.namespace)}"
                unknown = "whether anybody takes its certificates as proof of who signs in is not seen"
                writer.edge(claim, target, says, unknown=unknown, more=(shown(issuer, "is there"),))


def apiservice_takeover(view: View, graph: GraphBuilder) -> None:
    """Rights to say who answers for an API group, or who converts its objects."""
    writer = Writer(view, graph, "APISERVICE_TAKEOVER")
    for claim in view.rights.claims(f"{_WRITE} apiservices.apiregistration.k8s.io"):
        names = claim.names[0]
        for name in ("any API group",) if names is None else names:
            if not claim.namespace:
                target = graph.node(Thing.ENDPOINT, f"requests for {name}")
                writer.edge(claim, target, f"leading requests for {name} to a backend of choice")
    definitions = view.snapshot.all("CustomResourceDefinition.apiextensions.k8s.io", CustomResourceDefinition)
    there = {item.metadata.name for item in definitions}
    for claim in view.rights.claims("update|patch customresourcedefinitions.apiextensions.k8s.io"):
        names = claim.names[0]
        for name in ("any custom kind",) if names is None and there else sorted(there.intersection(names or ())):
            if not claim.namespace:
                target = graph.node(Thing.ENDPOINT, f"requests for {name}")
                writer.edge(claim, target, f"having objects of {name} converted by a backend of choice")


TECHNIQUES = (
    Technique("OPERATOR_DEPUTY", operator_deputy),
    Technique("EXTERNAL_SECRET_PULL", external_secret_pull),
    Technique("CERT_ISSUE", cert_issue),
    Technique("APISERVICE_TAKEOVER", apiservice_takeover),
)
