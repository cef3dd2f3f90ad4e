"""Checks of what is reachable from outside: by whose approval, with TLS, which consoles, and what leads nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from demarc.access.techniques.exposure import Exposure
from demarc.access.techniques.network import console
from demarc.access.techniques.pods import Running
from demarc.access.techniques.registry import image
from demarc.access.techniques.view import shown
from demarc.model.assessment import MatrixRow, Status
from demarc.model.evidence import Evidence, Grade
from demarc.model.kubernetes import Gateway, Ingress, IngressBackend, KubeObject, Pod, Route, RouteReference, Service
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef, Severity
from demarc.posture.checks.patches import as_yaml
from demarc.posture.checks.workloads import of_workload, seen, unseen_workloads
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report

_INGRESS: Final = "Ingress.networking.k8s.io"
_GATEWAY: Final = "Gateway.gateway.networking.k8s.io"
_HTTP_ROUTE: Final = "HTTPRoute.gateway.networking.k8s.io"
_ROUTES: Final = tuple(
    f"{kind}.gateway.networking.k8s.io" for kind in ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute")
)
_SERVICES: Final = "add services to the dump: kubectl get services -A -o json"
_CERTIFICATES: Final = (
    *("alb.ingress.kubernetes.io/certificate-arn", "ingress.gcp.kubernetes.io/pre-shared-cert"),
    *("networking.gke.io/managed-certificates", "networking.gke.io/certmap", "cloud.google.com/gke-certs"),
    *("appgw.ingress.kubernetes.io/appgw-ssl-certificate", "kubernetes.azure.com/tls-cert-keyvault-uri"),
)
"""Annotations by which controllers of clouds take a certificate that is not in the cluster."""
_ARN: Final = "arn:aws:acm:REGION:ACCOUNT:certificate/ID"
_TRUE: Final = (
    *("nginx.ingress.kubernetes.io/ssl-passthrough", "haproxy.org/ssl-passthrough"),
    *("traefik.ingress.kubernetes.io/router.tls", "nginx.org/ssl-passthrough"),
)
_REDIRECT: Final = ("nginx.ingress.kubernetes.io/ssl-redirect", "nginx.ingress.kubernetes.io/force-ssl-redirect")
_SNIPPETS: Final = re.compile(
    r"^(nginx\.ingress\.kubernetes\.io/(configuration|server|stream|auth|modsecurity)-snippet"
    r"|nginx\.org/(server|location|upstream)-snippets)$"
)
_NGINX: Final = re.compile(
    r"ingress-nginx/(controller|nginx-ingress-controller)(-chroot)?$|(^|/)nginx-ingress-controller$"
)
_RETIRED: Final = datetime(2026, 4, 1, tzinfo=UTC)
"""From here on the project that makes ingress-nginx mends nothing any more."""
_MENDED: Final = ((1, 11, 5), (1, 12, 1))
"""First versions of each line without CVE-2025-1974."""
_CONSOLES: Final = (
    ("Argo Workflows", r"argoproj/argocli|argo-server"),
    ("Tekton Dashboard", r"tektoncd/dashboard|tekton-dashboard"),
    ("Longhorn UI", r"longhorn-ui"),
    ("Hubble UI", r"hubble-ui"),
    ("Kiali", r"(^|/)kiali$|kiali/kiali"),
    ("Portainer", r"portainer"),
    ("Alertmanager", r"(^|/)alertmanager$"),
    ("Kibana", r"(^|/)kibana$"),
    ("JupyterHub", r"jupyterhub|k8s-hub$"),
    ("Ray dashboard", r"rayproject/ray"),
    ("pgAdmin", r"pgadmin"),
    ("phpMyAdmin", r"phpmyadmin"),
    ("etcd", r"(^|/)etcd$"),
    ("Kubecost", r"kubecost"),
)
"""Consoles that ``access`` does not need to know: they act with no account of their own, or answer for data."""


def _of(item: KubeObject, ground: Ground, says: str, fields: Iterable[FieldSeen], fix: Fix, **more: Any) -> Found:
    found = Found(
        object=ObjectRef(kind=item.kind, namespace=item.metadata.namespace, name=item.metadata.name),
        scope=ground.namespace(item.metadata.namespace),
        says=f"{item.kind} {item.key}: {says}",
        fields=tuple(fields),
        fix=fix,
        evidence=(shown(item, says),),
        source=item.source,
    )
    return msgspec.structs.replace(found, **more)


def _unapproved(ground: Ground, report: Report) -> None:
    report.unseen("services", ground.lacks("Service"), _SERVICES)
    unseen_workloads(ground, report)
    given = bool(ground.register.origin or ground.register.assignments or ground.register.reviews)
    _none(ground, report)
    uncertain: list[str] = []
    public: list[Exposure] = []
    for one in ground.exposures:
        report.looked()
        if not one.unknown:
            public.append(one)
        elif one.name.count("/") == 2:
            uncertain.append(one.what)
    if public and not given:
        says = f"who approved {len(public)} ways in from the internet is not known: no register was given"
        report.unseen("register", says, "give the register: --register ownership/")
    for one in public if given else ():
        row = ground.walked.answerable("network.exposure", ground.namespace(one.namespace)).row
        made = _made(ground, one)
        lacking = _lacks_approval(row, made)
        if lacking:
            known = row is not None and row.owner is not None and row.approver is not None
            report.violated(_unapproved_found(ground, one, lacking, severity=Severity.LOW if known else None))
    if uncertain:
        why = f"whether the internet reaches {', '.join(uncertain[:3])} is not seen (node addresses or a gateway's)"
        report.unseen(f"{len(uncertain)} ways in", why)


def _none(ground: Ground, report: Report) -> None:
    """Services that were looked at are what it rests on where nothing is reached from outside."""
    if ground.snapshot.objects.get("Service") and not ground.exposures:
        report.holds("no Service, Ingress or route takes traffic from outside")


def _made(ground: Ground, one: Exposure) -> str:
    """Day on which an entry was made; empty where it is not known."""
    _, kind, name = one.name.split("/", 2)
    where = {"Service": "Service", "Ingress": _INGRESS}.get(kind, f"{kind}.gateway.networking.k8s.io")
    for item in ground.snapshot.objects.get(where, ()):
        if item.metadata.name == name and item.metadata.namespace == one.namespace:
            return (item.metadata.creation_timestamp or "")[:10]
    return ""


def _lacks_approval(row: MatrixRow | None, made: str) -> str:
    """What is missing for an approval: somebody who approves, or a review since it was made."""
    if row is None or row.owner is None or row.status in {Status.LAPSED, Status.CONFLICT, Status.UNOWNED}:
        return "nobody holds network.exposure there"
    reviewed = row.last_review is not None and (not made or row.last_review >= made)
    if row.approver is None and not reviewed:
        return f"{row.owner.name} holds network.exposure there, and no approver is named and no review is on record"
    if not reviewed:
        return f"no review of network.exposure is on record since it was made ({made or 'day unknown'})"
    return ""


def _unapproved_found(ground: Ground, one: Exposure, lacking: str, *, severity: Severity | None) -> Found:
    _, kind, name = one.name.split("/", 2)
    says = f"{one.what} takes traffic from the internet, and {lacking}"
    return Found(
        object=ObjectRef(kind=kind, namespace=one.namespace, name=name),
        scope=ground.namespace(one.namespace),
        says=says,
        fields=tuple(FieldSeen(path="exposed by", value=item.says) for item in one.evidence),
        fix=Fix(
            says="Have its approver review it, and write the review into the register; or take it off the internet, by "
            "the annotation of an internal load balancer or by loadBalancerSourceRanges."
        ),
        severity=severity,
        evidence=one.evidence,
    )


def _external_ips(ground: Ground, report: Report) -> None:
    report.unseen("services", ground.lacks("Service"), _SERVICES)
    for item in ground.snapshot.all("Service", Service):
        report.looked()
        if item.spec.external_ips:
            says = "takes traffic for addresses that whoever wrote it chose, inside the cluster too (CVE-2020-8554)"
            fields = (seen("spec.externalIPs", item.spec.external_ips),)
            patch = as_yaml({"spec": {"externalIPs": None}})
            fix = Fix(says="Use a LoadBalancer or Ingress; let admission refuse spec.externalIPs.", patch=patch)
            report.violated(_of(item, ground, says, fields, fix))


def _without_tls(ground: Ground, report: Report) -> None:
    ingresses = ground.snapshot.all(_INGRESS, Ingress)
    gateways = {(item.metadata.namespace, item.metadata.name): item for item in ground.snapshot.all(_GATEWAY, Gateway)}
    for item in ingresses:
        report.looked()
        _ingress_tls(ground, report, item)
    for gateway in gateways.values():
        report.looked()
        listeners = gateway.spec.listeners or ()
        if listeners and not any(one.protocol in {"HTTPS", "TLS"} for one in listeners):
            fields = [seen(f"spec.listeners[{n}].protocol", one.protocol) for n, one in enumerate(listeners)]
            if any(one.protocol == "HTTP" for one in listeners):
                fix = Fix(says="Add a listener with protocol HTTPS and a certificate; redirect the one for HTTP to it.")
                report.violated(_of(gateway, ground, "has listeners without TLS alone", fields, fix))
    for route in ground.snapshot.all(_HTTP_ROUTE, Route):
        report.looked()
        plain = _plain_listener(route, gateways)
        if plain and any(rule.backend_refs for rule in route.spec.rules or ()):
            says = f"leads to its backends from {plain}, a listener without TLS, beside the one with it"
            fix = Fix(says="Attach it to the HTTPS listener by sectionName, and a route that redirects to the other.")
            report.violated(_of(route, ground, says, (seen("spec.parentRefs", plain),), fix))
    if not ingresses and not gateways:
        report.unseen(
            "ingresses", ground.lacks(_INGRESS), "add ingresses to the dump: kubectl get ingresses -A -o json"
        )
        report.holds("no Ingress and no Gateway is in the cluster")


def _plain_listener(route: Route, gateways: dict[tuple[str, str], Gateway]) -> str:
    for parent in route.spec.parent_refs or ():
        gateway = gateways.get((parent.namespace or route.metadata.namespace, parent.name))
        listeners = (gateway.spec.listeners or ()) if gateway is not None else ()
        safe = any(one.protocol in {"HTTPS", "TLS"} for one in listeners)
        for one in listeners:
            if safe and one.protocol == "HTTP" and parent.section_name in {"", one.name}:
                return f"{parent.name}/{one.name}"
    return ""


def _ingress_tls(ground: Ground, report: Report, item: Ingress) -> None:
    notes = item.annotations
    if any(notes.get(name) for name in _CERTIFICATES) or any(notes.get(name) == "true" for name in _TRUE):
        return
    covered = [host for tls in item.spec.tls or () for host in tls.hosts or [""]]
    hosts = list(dict.fromkeys(rule.host for rule in item.spec.rules or [])) or [""]
    plain = [host for host in hosts if not any(_covers(known, host) for known in covered)]
    if plain:
        named = [host for host in plain if host]
        says = f"answers for {', '.join(named) or 'any host'} without TLS"
        entry = {**({"hosts": named} if named else {}), "secretName": f"{item.metadata.name}-tls"}
        kept = [{"hosts": tls.hosts, "secretName": tls.secret_name} for tls in item.spec.tls or ()]
        patch = as_yaml({"spec": {"tls": [*kept, entry]}})
        if "alb" in (item.spec.ingress_class_name or notes.get("kubernetes.io/ingress.class", "")):
            fix = Fix(
                says="Name its certificate, and listen on HTTPS.",
                patch=as_yaml(
                    {
                        "metadata": {
                            "annotations": {
                                "alb.ingress.kubernetes.io/certificate-arn": _ARN,
                                "alb.ingress.kubernetes.io/listen-ports": '[{"HTTPS":443}]',
                                "alb.ingress.kubernetes.io/ssl-redirect": "443",
                            }
                        }
                    }
                ),
            )
        else:
            fix = Fix(
                says="Give it a certificate, such as cert-manager makes, in the Secret that the patch names.",
                patch=patch,
            )
        report.violated(_of(item, ground, says, (seen("spec.tls", covered or None),), fix))
    elif off := next((name for name in _REDIRECT if notes.get(name) == "false"), ""):
        fix = Fix(says="Let it redirect.", patch=as_yaml({"metadata": {"annotations": {off: "true"}}}))
        says = "serves over plain HTTP beside TLS: it does not redirect"
        report.violated(
            _of(item, ground, says, (seen(f"metadata.annotations[{off}]", "false"),), fix, severity=Severity.LOW)
        )


def _covers(known: str, host: str) -> bool:
    """Whether a host of a certificate entry is for a host: none is for all, ``*.`` for one name before it."""
    if not known or known == host:
        return True
    return known.startswith("*.") and host.partition(".")[2] == known[2:]


def _nginx(ground: Ground, report: Report) -> None:
    ingresses = ground.snapshot.all(_INGRESS, Ingress)
    for item in ingresses:
        report.looked()
        found = [name for name in item.annotations if _SNIPPETS.match(name)]
        if found:
            says = "writes into the configuration of its controller: whoever may edit it reads the controller's Secrets"
            fields = [seen(f"metadata.annotations[{name}]", "set") for name in found]
            patch = as_yaml({"metadata": {"annotations": dict.fromkeys(found)}})
            fix = Fix(
                says="Use the annotation made for what it sets, and switch snippets off in the controller.", patch=patch
            )
            report.violated(_of(item, ground, says, fields, fix, duty="network.exposure"))
    for running in ground.workloads:
        for _, container in running.containers():
            named = image(container.image)
            if _NGINX.search(named.path):
                report.looked()
                _nginx_version(ground, report, running, container.image, named.tag)
                break
    if not ingresses:
        report.unseen(
            "ingresses", ground.lacks(_INGRESS), "add ingresses to the dump: kubectl get ingresses -A -o json"
        )
    unseen_workloads(ground, report)


def _nginx_version(ground: Ground, report: Report, running: Running, reference: str, tag: str) -> None:
    parts = tuple(int(part) for part in re.findall(r"\d+", tag)[:3])
    field = (seen("image", reference),)
    if len(parts) == 3 and not any(parts[:2] == line[:2] and parts >= line for line in _MENDED) and parts < (1, 13, 0):
        says = f"ingress-nginx {tag} lets any pod take it over by its admission webhook (CVE-2025-1974)"
        fix = Fix(says="Move to another controller; until then to its last version, with the webhook closed to pods.")
        report.violated(of_workload(ground, running, says, field, fix, mark="version"))
    elif ground.at >= _RETIRED and not ground.is_providers(ground.component_of(running)):
        says = "ingress-nginx was retired in March 2026: nobody mends it any more"
        fix = Fix(says="Move to a controller that is maintained, or to the Gateway API.")
        report.violated(of_workload(ground, running, says, field, fix, mark="retired"))
    elif not parts:
        report.unseen(running.what, f"the version of {reference} is not in its name")


def _consoles(ground: Ground, report: Report) -> None:
    report.unseen("services", ground.lacks("Service"), _SERVICES)
    unseen_workloads(ground, report)
    _none(ground, report)
    doubts: dict[str, None] = {}
    for one in ground.exposures:
        report.looked()
        told = {}
        for running, container, unknown in one.leads_to:
            title = console(running) or _other_console(running, container)
            if title and not (one.unknown or unknown):
                told[running.scope] = _console_found(ground, one, running, title)
            elif title:
                doubts[f"{title} by {one.what}: {one.unknown or unknown}"] = None
        for found in told.values():
            report.violated(found)
    for text in doubts:
        report.unseen("console", f"it may be reached from the internet: {text}")


def _other_console(running: Running, container: str) -> str:
    images = [one.image.partition("@")[0] for _, one in running.containers() if not container or one.name == container]
    names = [re.sub(r":[^/]*$", "", image) for image in images]
    return next((title for title, sign in _CONSOLES if any(re.search(sign, name) for name in names)), "")


def _console_found(ground: Ground, one: Exposure, running: Running, title: str) -> Found:
    _, kind, name = one.name.split("/", 2)
    says = f"{title} ({running.what}) is reached from the internet by {one.what}"
    evidence = Evidence(
        says=f"{running.what}: it is {title} by name or image", grade=Grade.BUILT, source=running.source
    )
    return Found(
        object=ObjectRef(kind=kind, namespace=one.namespace, name=name),
        scope=ground.namespace(one.namespace),
        says=says,
        fields=tuple(FieldSeen(path="exposed by", value=item.says) for item in one.evidence),
        fix=Fix(
            says="Take it off the internet: kubectl port-forward, a VPN, or a proxy that asks for a login of your own."
        ),
        evidence=(*one.evidence, evidence),
        mark=running.scope,
    )


def _dangling(ground: Ground, report: Report) -> None:
    services = {(item.metadata.namespace, item.metadata.name): item for item in ground.snapshot.all("Service", Service)}
    lacks = ground.lacks("Service")
    report.unseen("services", lacks, _SERVICES)
    unseen_workloads(ground, report)
    labels = _Labels(ground)
    # Manifests may leave to others what a Service selects.
    whole = bool(ground.workloads) and not ground.workloads_unseen and not ground.is_manifests
    for item in services.values():
        report.looked()
        if whole and item.spec.selector and not labels.has(item.metadata.namespace, item.spec.selector):
            says = "selects no pod: whoever may create one with these labels gets its traffic"
            fix = Fix(
                says="Delete it, or correct its selector.",
                command=f"kubectl delete service {item.metadata.name} -n {item.metadata.namespace}",
            )
            report.violated(_of(item, ground, says, (seen("spec.selector", item.spec.selector),), fix))
    for item_of in (
        *ground.snapshot.all(_INGRESS, Ingress),
        *(r for kind in _ROUTES for r in ground.snapshot.all(kind, Route)),
    ):
        report.looked()
        for name, field in dict.fromkeys(_backends(item_of)):
            space, _, service = name.partition("/")
            if lacks or (space, service) in services:
                continue
            says = f"leads to Service {name}, which does not exist: whoever may create it answers for its hosts"
            fix = Fix(says="Take the rule away, or bring the Service back.")
            report.violated(_of(item_of, ground, says, (seen(field, service),), fix, mark=name))


class _Labels:
    """Labels of pods, and of what would be pods, by namespace."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._pods: dict[str, list[dict[str, str]]] | None = None
        self._templates: dict[str, list[dict[str, str]]] = {}
        for one in ground.workloads:
            self._templates.setdefault(one.namespace, []).extend(one.labels)

    def has(self, namespace: str, selector: dict[str, str]) -> bool:
        """Whether a pod has all of some labels; some get labels of their own, such as the leader of a database."""
        wanted = selector.items()
        if any(wanted <= labels.items() for labels in self._templates.get(namespace, ())):
            return True
        if self._pods is None:
            self._pods = {}
            for pod in self._ground.snapshot.all("Pod", Pod):
                self._pods.setdefault(pod.metadata.namespace, []).append(pod.labels)
        return any(wanted <= labels.items() for labels in self._pods.get(namespace, ()))


def _backends(item: KubeObject) -> Iterator[tuple[str, str]]:
    home = item.metadata.namespace
    if isinstance(item, Route):
        for number, rule in enumerate(item.spec.rules or ()):
            for one in rule.backend_refs or ():
                if _is_service(one):
                    yield f"{one.namespace or home}/{one.name}", f"spec.rules[{number}].backendRefs"
        return
    for field, backend in _ingress_backends(item) if isinstance(item, Ingress) else ():
        name = (backend.service.name if backend.service is not None else backend.service_name) or ""
        if name and not (_is_action(item, name)):
            yield f"{home}/{name}", field


def _is_service(one: RouteReference) -> bool:
    return one.kind in {None, "", "Service"} and not one.group


def _is_action(item: KubeObject, name: str) -> bool:
    """Whether a backend is an action of the AWS controller, which an annotation says."""
    return any(f"alb.ingress.kubernetes.io/{kind}.{name}" in item.annotations for kind in ("actions", "conditions"))


def _ingress_backends(item: Ingress) -> Iterator[tuple[str, IngressBackend]]:
    for field, backend in (("spec.defaultBackend", item.spec.default_backend), ("spec.backend", item.spec.backend)):
        if backend is not None:
            yield field, backend
    for number, rule in enumerate(item.spec.rules or ()):
        for place, path in enumerate((rule.http and rule.http.paths) or ()):
            if path.backend is not None:
                yield f"spec.rules[{number}].http.paths[{place}].backend", path.backend


EXPOSED = (
    Check("DM-NET-007", _unapproved),
    Check("DM-NET-008", _external_ips),
    Check("DM-NET-009", _without_tls),
    Check("DM-NET-010", _nginx),
    Check("DM-NET-011", _consoles),
)
DANGLING = Check("DM-NET-013", _dangling)
