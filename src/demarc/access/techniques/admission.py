"""Ways through admission control: who writes webhooks and policies, who answers for a webhook."""

from __future__ import annotations

from collections.abc import Iterator

from demarc.access.aggregate import selects
from demarc.access.graph import GraphBuilder
from demarc.access.techniques import things
from demarc.access.techniques.exposure import listening
from demarc.access.techniques.grants import Writer
from demarc.access.techniques.pods import Running
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View, shown
from demarc.model.graph import Thing
from demarc.model.kubernetes import AdmissionRule, KubeObject, Service, Webhook, WebhookConfiguration

_GROUP = "admissionregistration.k8s.io"
_MUTATING = f"MutatingWebhookConfiguration.{_GROUP}"

_EXCEPTIONS = (
    ("kyverno.io", "policyexceptions", "PolicyException"),
    ("kyverno.io", "clusterpolicies", "ClusterPolicy"),
    ("kyverno.io", "policies", "Policy"),
    ("constraints.gatekeeper.sh", "*", "constraint"),
    ("config.gatekeeper.sh", "configs", "Config"),
)
_ENGINES = (("kyverno", "kyverno"), ("gatekeeper-system", "gatekeeper-config"))


def webhook_edit(view: View, graph: GraphBuilder) -> None:
    """Rights to write webhook configurations: of any rules and any backend."""
    writer = Writer(view, graph, "WEBHOOK_EDIT")
    for claim in view.rights.claims(f"create|update|patch mutatingwebhookconfigurations.{_GROUP}"):
        if claim.namespace or not _there(view, claim.names[0], _MUTATING):
            continue
        says = "having every new pod rewritten, to any account and image"
        writer.edge(claim, things.any_account(graph), says)
        writer.edge(claim, things.any_secret(graph), "having every Secret that is written sent along")
    kind = f"ValidatingWebhookConfiguration.{_GROUP}"
    for claim in view.rights.claims(f"create|update|patch validatingwebhookconfigurations.{_GROUP}"):
        if not claim.namespace and _there(view, claim.names[0], kind):
            writer.edge(claim, things.any_secret(graph), "having every Secret that is written sent along")


def _there(view: View, names: tuple[str, ...] | None, kind: str) -> bool:
    """Whether something of the names can be written: what is limited to names cannot create."""
    found = {item.metadata.name for item in view.snapshot.objects.get(kind, ())}
    return names is None or not found.isdisjoint(names)


def webhook_backend(view: View, graph: GraphBuilder) -> None:
    """Workloads behind mutating webhooks, to the webhook and on to what it may rewrite."""
    services = {item.key: item for item in view.snapshot.all("Service", Service)}
    for item in view.snapshot.all(_MUTATING, WebhookConfiguration):
        hook = graph.node(Thing.WEBHOOK, f"MutatingWebhookConfiguration/{item.metadata.name}")
        backends: dict[str, tuple[Running, tuple[str, ...]]] = {}
        for webhook in item.webhooks or ():
            reference = webhook.client_config.service
            service = services.get(f"{reference.namespace}/{reference.name}") if reference else None
            for one in behind(view, service):
                backends[one.scope] = (one, tuple(listening(one, service)) if service else ())
        if not backends:
            continue
        for running, containers in backends.values():
            for source in {things.container(graph, running, name) for name in containers or running.names}:
                graph.edge(
                    "WEBHOOK_BACKEND",
                    source,
                    hook,
                    scope=view.scope(running.namespace),
                    says=f"{running.what} answers for MutatingWebhookConfiguration {item.metadata.name}",
                    evidence=(shown(item, "webhooks[].clientConfig.service leads to its pods"),),
                    unknown="" if containers or len(running.names) == 1 else "which container listens is not declared",
                )
        for target, says, field in _rewritten(view, graph, item):
            more = (shown(item, field),)
            grants = (f"MutatingWebhookConfiguration {item.metadata.name}",)
            graph.edge("WEBHOOK_BACKEND", hook, target, scope=view.cluster, says=says, evidence=more, grants=grants)


def behind(view: View, service: Service | None) -> Iterator[Running]:
    """Workloads whose pods a Service selects."""
    if service is None or not service.spec.selector:
        return
    wanted = service.spec.selector.items()
    for running in view.workloads.in_namespace.get(service.metadata.namespace, ()):
        if running.pods and any(wanted <= labels.items() for labels in running.labels):
            yield running


def _rewritten(view: View, graph: GraphBuilder, item: WebhookConfiguration) -> Iterator[tuple[int, str, str]]:
    """What a configuration's webhooks decide about, each once."""
    found: dict[int, tuple[str, str]] = {}
    for number, webhook in enumerate(item.webhooks or ()):
        field = f"webhooks[{number}].rules"
        pods = _sees(webhook, "", "pods") or any(_sees(webhook, "apps", one) for one in ("deployments", "daemonsets"))
        bindings = _sees(webhook, "rbac.authorization.k8s.io", "clusterrolebindings")
        for place in _spaces(view, webhook):
            where = f"in {place}" if place else "in every namespace"
            if pods:
                found.setdefault(
                    things.any_account(graph, place), (f"Pods that are created {where} run as it says", field)
                )
            if _sees(webhook, "", "secrets"):
                found.setdefault(
                    things.any_secret(graph, place), (f"Secrets that are written {where} are sent to it", field)
                )
        if bindings:
            found.setdefault(
                things.cluster_admin(graph), ("ClusterRoleBindings that are written bind whom it says", field)
            )
    yield from ((target, says, field) for target, (says, field) in found.items())


def _sees(webhook: Webhook, group: str, resource: str) -> bool:
    return any(_is_for(rule, group, resource) for rule in webhook.rules or ())


def _is_for(rule: AdmissionRule, group: str, resource: str) -> bool:
    return (
        not {"CREATE", "UPDATE", "*"}.isdisjoint(rule.operations or ())
        and not {group, "*"}.isdisjoint(rule.api_groups or ())
        and not {resource, "*", "*/*"}.isdisjoint(rule.resources or ())
    )


def _spaces(view: View, webhook: Webhook) -> list[str]:
    """Namespaces that a webhook is for; '' alone for all of them."""
    selector = webhook.namespace_selector
    found = [name for name, labels in view.namespaces.items() if selector is None or selects(selector, labels)]
    return [""] if len(found) == len(view.namespaces) else sorted(found)


def policy_exempt(view: View, graph: GraphBuilder) -> None:
    """Rights to write what decides whether a policy holds, where there are policies."""
    writer = Writer(view, graph, "POLICY_EXEMPT")
    for resource, kind in (
        ("validatingadmissionpolicies", "ValidatingAdmissionPolicy"),
        ("validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding"),
    ):
        for item in view.snapshot.objects.get(f"{kind}.{_GROUP}", ()):
            for claim in view.rights.claims(f"update|patch|delete {resource}.{_GROUP}"):
                names = claim.names[0]
                if not claim.namespace and (names is None or item.metadata.name in names):
                    target = graph.node(Thing.WEBHOOK, f"{kind}/{item.metadata.name}")
                    writer.edge(claim, target, f"changing {kind} {item.metadata.name}", more=(shown(item, "is there"),))
    _exceptions(writer)
    _engine_settings(writer)


def _exceptions(writer: Writer) -> None:
    view, graph = writer.view, writer.graph
    groups = {kind.partition(".")[2] for kind, items in view.snapshot.objects.items() if items}
    groups |= {item.metadata.name.partition(".")[2] for item in _definitions(view)}
    for group, resource, kind in _EXCEPTIONS:
        for claim in view.rights.claims(f"create|update|patch {resource}.{group}") if group in groups else ():
            target = graph.node(Thing.WEBHOOK, f"policies of {group}")
            writer.edge(claim, target, f"writing a {kind}, by which policies are set aside")


def _engine_settings(writer: Writer) -> None:
    view, graph = writer.view, writer.graph
    for namespace, name in _ENGINES:
        config = view.config_maps.get((namespace, name))
        for claim in view.rights.claims("update|patch configmaps") if config is not None else ():
            names = claim.names[0]
            if config is not None and claim.namespace in ("", namespace) and (names is None or name in names):
                target = graph.node(Thing.WEBHOOK, f"policies of {namespace}")
                says = f"changing ConfigMap {namespace}/{name}, the engine's own exemptions"
                writer.edge(claim, target, says, place=namespace, more=(shown(config, "is there"),))


def _definitions(view: View) -> tuple[KubeObject, ...]:
    return view.snapshot.objects.get("CustomResourceDefinition.apiextensions.k8s.io", ())


TECHNIQUES = (
    Technique("WEBHOOK_EDIT", webhook_edit),
    Technique("WEBHOOK_BACKEND", webhook_backend),
    Technique("POLICY_EXEMPT", policy_exempt),
)
