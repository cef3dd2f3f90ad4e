"""The audit trail: an intrusion through a pipeline step, what looks like one and is none, and the truth about both."""

from __future__ import annotations

from typing import Any

from make import incident as case
from make.authorizer import Authorizer
from make.callers import anonymous, deployer, legacy, minted
from make.events import Event, Recorder
from make.kube import Object
from make.ordinary import FIRST, LAST, RBAC, Cast, record, somebody
from make.stable import uid

SCANNER = "198.51.100.23"
SECOND = "198.51.100.61"
"""Where the back door was used from."""
REVIEWS = "authorization.k8s.io"

Truth = dict[str, Any]


class Story:
    """Records requests and keeps the truth about each."""

    def __init__(self, book: Recorder) -> None:
        self.book = book
        self.steps: list[Truth] = []
        self.look_alikes: list[Truth] = []

    def step(self, time: str, what: str, duty: str, audit_ids: list[str], **more: Any) -> None:
        """Note a step of the intrusion."""
        self.steps.append(
            {"n": len(self.steps) + 1, "time": time, "what": what, "duty": duty, "auditIDs": audit_ids} | more
        )

    def harmless(self, what: str, why: str, audit_ids: list[str]) -> None:
        """Note something that looks like an attack and is none."""
        self.look_alikes.append({"what": what, "why": why, "auditIDs": audit_ids})


def _body(kind: str, api: str, name: str, namespace: str = "", **more: Any) -> Object:
    meta = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"kind": kind, "apiVersion": api, "metadata": meta} | more


def _token_request(audience: str, seconds: int) -> Object:
    return {
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "spec": {"audiences": [audience], "expirationSeconds": seconds},
    }


def _answer(body: Object, created: str) -> Object:
    meta = body["metadata"]
    filled = {"uid": uid(body["kind"], meta.get("namespace", ""), meta["name"]), "creationTimestamp": created}
    return body | {"metadata": meta | filled}


def entry(story: Story) -> None:
    """Leaked in the pipeline, first used sixteen minutes later."""
    book, thief = story.book, deployer(case.ADDRESS, case.AGENT)
    story.step(
        case.LEAK,
        "a step of the nightly workflow of quotes-service, cargo-notes/release-digest@v3, whose tag was moved, sends KUBE_TOKEN away",
        "supply.pipeline-trust",
        [],
        stage="build",
        seen="not in the audit trail; workflow run 612",
    )
    asked = _body("SelfSubjectRulesReview", f"{REVIEWS}/v1", "", spec={"namespace": "default"})
    found = book.call(thief, case.START, "create", "selfsubjectrulesreviews", group=REVIEWS, sent=asked)
    story.step(
        case.START, "asks what the pipeline's token may do", "supply.pipeline-credentials", [found], stage="runtime"
    )


def reading(story: Story) -> None:
    """Secrets: those of one namespace, then all, then the ledger's by name."""
    book, thief = story.book, deployer(case.ADDRESS, case.AGENT)
    time = "2026-11-17T01:58:41Z"
    one = book.call(thief, time, "list", "secrets", namespace="quotes", query={"limit": 500})
    every = book.call(thief, "2026-11-17T01:59:30Z", "list", "secrets", query={"limit": 500})
    ledger = book.call(thief, "2026-11-17T02:01:12Z", "get", "secrets", namespace="data", name="ledger-db")
    book.call(thief, "2026-11-17T02:02:05Z", "list", "nodes", query={"limit": 500})
    story.step(
        time,
        "reads every Secret of the cluster",
        "identity.rbac",
        [one, every, ledger],
        stage="runtime",
        binding=case.DEPLOYER_BINDING,
    )
    refused = "2026-11-17T02:03:50Z"
    body = _body("ClusterRoleBinding", f"{RBAC}/v1", "node-tuner")
    found = book.call(thief, refused, "create", "clusterrolebindings", group=RBAC, name="node-tuner", sent=body)
    story.step(
        refused, "tries to bind itself to cluster-admin and is refused", "identity.rbac", [found], stage="runtime"
    )


def foothold(story: Story) -> None:
    """A privileged pod in the namespace that nobody owns, and a CronJob that stays."""
    book, thief = story.book, deployer(case.ADDRESS, case.AGENT)
    time = "2026-11-17T02:06:22Z"
    pod = _body("Pod", "v1", case.POD, "yard", spec=case.privileged_spec("sleep infinity"))
    made = book.call(
        thief,
        time,
        "create",
        "pods",
        namespace="yard",
        name=case.POD,
        query={"fieldManager": "kubectl-client-side-apply"},
        sent=pod,
        answered=_answer(pod, time),
    )
    story.step(
        time,
        "creates a privileged pod with the node's root mounted; the policy only audits, and yard has an exception",
        "admission.policy",
        [made],
        stage="runtime",
    )
    commands = (
        ("2026-11-17T02:07:40Z", ["sh", "-c", "ls /host/var/lib/kubelet/pods"]),
        (
            "2026-11-17T02:09:15Z",
            [
                "nsenter",
                "-t",
                "1",
                "-n",
                "curl",
                "-s",
                "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
            ],
        ),
    )
    entered = [
        book.call(
            thief,
            when,
            "get",
            "pods/exec",
            namespace="yard",
            name=case.POD,
            code=101,
            query={"command": command, "container": "main", "stdout": "true"},
        )
        for when, command in commands
    ]
    story.step(
        commands[0][0],
        "runs commands on the node and asks for its cloud role",
        "workload.pod-security",
        entered,
        stage="runtime",
    )
    cron = _body(
        "CronJob",
        "batch/v1",
        case.CRONJOB,
        "yard",
        spec={
            "schedule": "40 */4 * * *",
            "jobTemplate": {"spec": {"template": {"spec": case.privileged_spec("chroot /host true; sleep 20")}}},
        },
    )
    kept = book.call(
        thief,
        case.CRON_MADE,
        "create",
        "cronjobs",
        group="batch",
        namespace="yard",
        name=case.CRONJOB,
        sent=cron,
        answered=_answer(cron, case.CRON_MADE),
    )
    story.step(
        case.CRON_MADE,
        "leaves a CronJob that looks like the planner's",
        "workload.pod-security",
        [kept],
        stage="runtime",
        left=True,
    )


def spreading(story: Story) -> None:
    """A token for the cloud, a token of Argo CD's controller, and a back door made with it."""
    book, thief = story.book, deployer(case.ADDRESS, case.AGENT)
    issued = "authentication.kubernetes.io/issued-credential-id"
    time = "2026-11-17T02:18:55Z"
    found = book.call(
        thief,
        time,
        "create",
        "serviceaccounts/token",
        namespace=case.EXPORTER[0],
        name=case.EXPORTER[1],
        sent=_token_request("sts.amazonaws.com", 86400),
        marks={issued: f"JTI={case.EXPORTER_JTI}"},
    )
    story.step(
        time,
        "mints a token of data/lake-exporter for AWS and takes on its role",
        "identity.cloud-roles",
        [found],
        stage="runtime",
        seen="the rest is in CloudTrail",
    )
    time = "2026-11-17T02:29:33Z"
    found = book.call(
        thief,
        time,
        "create",
        "serviceaccounts/token",
        namespace=case.CONTROLLER[0],
        name=case.CONTROLLER[1],
        sent=_token_request("https://kubernetes.default.svc", 86400),
        marks={issued: f"JTI={case.CONTROLLER_JTI}"},
    )
    story.step(
        time,
        "mints a token of Argo CD's controller",
        "identity.rbac",
        [found],
        stage="runtime",
        binding=case.DEPLOYER_BINDING,
        issued=case.CONTROLLER_JTI,
    )
    _back_door(story)


def _back_door(story: Story) -> None:
    book, king = story.book, minted(case.CONTROLLER, case.CONTROLLER_JTI, case.ADDRESS, case.AGENT)
    namespace, name = case.BACKDOOR
    account = _body("ServiceAccount", "v1", name, namespace)
    first = book.call(
        king,
        case.BACKDOOR_MADE,
        "create",
        "serviceaccounts",
        namespace=namespace,
        name=name,
        query={"fieldManager": "kubectl-create"},
        sent=account,
        answered=_answer(account, case.BACKDOOR_MADE),
    )
    second = book.call(
        king._replace(agent=case.CURL),
        case.SECRET_MADE,
        "create",
        "secrets",
        namespace=namespace,
        name=case.BACKDOOR_SECRET,
    )
    binding = _body(
        "ClusterRoleBinding",
        f"{RBAC}/v1",
        name,
        roleRef={"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"},
        subjects=[{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
    )
    third = book.call(
        king,
        case.BINDING_MADE,
        "create",
        "clusterrolebindings",
        group=RBAC,
        name=name,
        query={"fieldManager": "kubectl-create"},
        sent=binding,
        answered=_answer(binding, case.BINDING_MADE),
    )
    story.step(
        case.BACKDOOR_MADE,
        "leaves an account with a lasting token, bound to cluster-admin",
        "delivery.controllers",
        [first, second, third],
        stage="runtime",
        left=True,
        credential=case.CONTROLLER_JTI,
    )


def leaving(story: Story) -> None:
    """Clears up in part, and comes back the next night from elsewhere."""
    book, thief = story.book, deployer(case.ADDRESS, case.AGENT)
    time = "2026-11-17T02:36:10Z"
    found = book.call(thief, time, "delete", "pods", namespace="yard", name=case.POD)
    story.step(time, "deletes the privileged pod", "response.evidence", [found], stage="runtime")
    back = legacy(case.BACKDOOR, case.BACKDOOR_SECRET, SECOND, case.CURL)
    again = [
        book.call(back, case.BACKDOOR_USED, "list", "namespaces", query={"limit": 500}),
        book.call(back, "2026-11-17T23:48:02Z", "list", "secrets", query={"limit": 500}),
    ]
    story.step(
        case.BACKDOOR_USED,
        "comes back by the lasting token, from another address, and reads all Secrets again",
        "monitoring.audit-review",
        again,
        stage="runtime",
    )


def look_alikes(story: Story, cast: Cast) -> None:
    """What the same two days hold that only looks like it."""
    book = story.book
    night = somebody("tomasz.wrona", "198.51.100.112")
    where: dict[str, Any] = {"namespace": "data", "name": "ledger-db-0"}
    story.harmless(
        "exec into the ledger's database at night, from an address not seen before",
        "an outage; ticket INC-2207, from home",
        [
            book.call(
                night,
                "2026-11-16T22:10:12Z",
                "get",
                "pods/exec",
                code=101,
                query={"command": ["psql", "-c", "select 1"]},
                **where,
            )
        ],
    )
    mei = somebody("mei.tran")
    debug = _body(
        "Pod",
        "v1",
        "node-debugger-7k2xq",
        "default",
        spec={"hostPID": True, "containers": [{"name": "debugger", "image": "busybox"}]},
    )
    story.harmless(
        "a debugging pod with the host's process table, made and deleted within minutes",
        "kubectl debug of a node that was slow; change CHG-1410",
        [
            book.call(
                mei,
                "2026-11-17T09:20:31Z",
                "create",
                "pods",
                namespace="default",
                name="node-debugger-7k2xq",
                sent=debug,
                answered=debug,
            ),
            book.call(mei, "2026-11-17T09:31:02Z", "delete", "pods", namespace="default", name="node-debugger-7k2xq"),
        ],
    )
    frida = somebody("frida.berg")
    story.harmless(
        "all roles and bindings listed, then a refused list of Secrets",
        "the quarterly review of access, as registered",
        [
            book.call(frida, f"2026-11-17T10:0{index}:15Z", "list", resource, group=RBAC)
            for index, resource in enumerate(("clusterroles", "clusterrolebindings", "roles", "rolebindings"))
        ]
        + [book.call(frida, "2026-11-17T10:05:40Z", "list", "secrets", namespace="data")],
    )
    bram = somebody("bram.dewit")
    story.harmless(
        "a contractor refused at the ledger's Secret",
        "a wrong command in a runbook; nothing was given out",
        [book.call(bram, "2026-11-16T15:03:44Z", "get", "secrets", namespace="data", name="ledger-db")],
    )
    _more_look_alikes(story, cast)


def _more_look_alikes(story: Story, cast: Cast) -> None:
    book, jti = story.book, uid("jti", "tomasz", "prometheus")
    tomasz = somebody("tomasz.wrona")
    issued = {"authentication.kubernetes.io/issued-credential-id": f"JTI={jti}"}
    holder = minted(("monitoring", "prometheus-server"), jti, tomasz.address, tomasz.agent)
    story.harmless(
        "a token minted by hand and used from a desk",
        "an hour's token to test a dashboard",
        [
            book.call(
                tomasz,
                "2026-11-17T13:15:04Z",
                "create",
                "serviceaccounts/token",
                namespace="monitoring",
                name="prometheus-server",
                sent=_token_request("https://kubernetes.default.svc", 3600),
                marks=issued,
            ),
            book.call(holder, "2026-11-17T13:15:40Z", "list", "pods", namespace="monitoring"),
        ],
    )
    argo = cast.process(
        "argocd",
        "argocd-application-controller",
        "argocd-application-controller/v0.0.0 (linux/amd64) kubernetes/$Format",
    )
    story.harmless(
        "Argo CD's controller changes a cluster-wide binding",
        "a synced commit, from the controller's own pod with its own token",
        [book.call(argo, "2026-11-17T08:31:09Z", "patch", "clusterrolebindings", group=RBAC, name="auditors")],
    )
    scan = "Mozilla/5.0 zgrab/0.x"
    story.harmless(
        "anonymous requests and bad tokens from one address",
        "the internet's background noise; nothing was allowed but the public paths",
        [
            book.path(anonymous(SCANNER, scan), "2026-11-17T04:40:01Z", "/api/v1"),
            book.call(anonymous(SCANNER, scan), "2026-11-17T04:40:03Z", "list", "secrets"),
            book.refused("2026-11-17T04:40:05Z", SCANNER, scan, "/api/v1/namespaces"),
        ],
    )


def _secrets(objects: list[Object], before: str) -> list[str]:
    return sorted(
        f"{item['metadata']['namespace']}/{item['metadata']['name']}"
        for item in objects
        if item["kind"] == "Secret" and item["metadata"]["creationTimestamp"] < before
    )


def written(objects: list[Object]) -> tuple[list[Event], Truth]:
    """Write the trail: events in the order in which they were logged, and the truth about them."""
    book, cast = Recorder(Authorizer(objects)), Cast(objects)
    record(book, cast)
    story = Story(book)
    for part in (entry, reading, foothold, spreading, leaving):
        part(story)
    look_alikes(story, cast)
    namespace, name = case.BACKDOOR
    truth = {
        "window": {"from": FIRST, "to": LAST},
        "stage": "build",
        "root": "supply.pipeline-trust",
        "root_inside_cluster": False,
        "addresses": [case.ADDRESS, SECOND],
        "credentials": [
            f"Secret {case.DEPLOYER[0]}/{case.DEPLOYER_SECRET}",
            f"JTI={case.CONTROLLER_JTI}",
            f"JTI={case.EXPORTER_JTI}",
            f"Secret {namespace}/{case.BACKDOOR_SECRET}",
        ],
        "binding_that_was_used": f"ClusterRoleBinding {case.DEPLOYER_BINDING}",
        "left_behind": [
            f"CronJob yard/{case.CRONJOB}",
            f"ServiceAccount {namespace}/{name}",
            f"Secret {namespace}/{case.BACKDOOR_SECRET}",
            f"ClusterRoleBinding {name}",
        ],
        "read_by_list": _secrets(objects, "2026-11-17T01:59:30Z"),
        "cloud_roles_taken": ["fjordkite-lake-exporter"],
        "could_not_be_seen": [
            "the deletion of the yard namespace's events at about 02:38: the provider's audit policy does not log events",
            "what was typed in the pod after exec, and the answer of the node's metadata service",
            "the leak itself, which happened in the build service",
        ],
        "steps": story.steps,
        "look_alikes": story.look_alikes,
    }
    return sorted(book.events, key=lambda event: (event["stageTimestamp"], event["auditID"])), truth
