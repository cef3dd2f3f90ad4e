"""The intrusion of 17 November 2026, request by request: from a step of a pipeline to a back door."""

from __future__ import annotations

from make import incident as case
from make.callers import deployer, legacy, minted
from make.roles import RBAC
from make.story import Story, answer, request, token_request

SECOND = "198.51.100.61"
"""Where the back door was used from."""
REVIEWS = "authorization.k8s.io"


def entry(story: Story) -> None:
    """Leaked in the pipeline, first used sixteen minutes later."""
    book, thief = story.book, deployer(case.ADDRESS, case.AGENT)
    story.step(
        case.LEAK,
        "a nightly step of quotes-service, cargo-notes/release-digest@v3, whose tag was moved, leaks KUBE_TOKEN",
        "supply.pipeline-trust",
        [],
        stage="build",
        seen="not in the audit trail; workflow run 612",
    )
    asked = request("SelfSubjectRulesReview", f"{REVIEWS}/v1", "", spec={"namespace": "default"})
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
    body = request("ClusterRoleBinding", f"{RBAC}/v1", "node-tuner")
    found = book.call(thief, refused, "create", "clusterrolebindings", group=RBAC, name="node-tuner", sent=body)
    story.step(
        refused, "tries to bind itself to cluster-admin and is refused", "identity.rbac", [found], stage="runtime"
    )


def foothold(story: Story) -> None:
    """A privileged pod in the namespace that nobody owns, and a CronJob that stays."""
    book, thief = story.book, deployer(case.ADDRESS, case.AGENT)
    time = "2026-11-17T02:06:22Z"
    pod = request("Pod", "v1", case.POD, "yard", spec=case.privileged_spec("sleep infinity"))
    made = book.call(
        thief,
        time,
        "create",
        "pods",
        namespace="yard",
        name=case.POD,
        query={"fieldManager": "kubectl-client-side-apply"},
        sent=pod,
        answered=answer(pod, time),
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
    cron = request(
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
        answered=answer(cron, case.CRON_MADE),
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
        sent=token_request("sts.amazonaws.com", 86400),
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
        sent=token_request("https://kubernetes.default.svc", 86400),
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
    account = request("ServiceAccount", "v1", name, namespace)
    first = book.call(
        king,
        case.BACKDOOR_MADE,
        "create",
        "serviceaccounts",
        namespace=namespace,
        name=name,
        query={"fieldManager": "kubectl-create"},
        sent=account,
        answered=answer(account, case.BACKDOOR_MADE),
    )
    second = book.call(
        king._replace(agent=case.CURL),
        case.SECRET_MADE,
        "create",
        "secrets",
        namespace=namespace,
        name=case.BACKDOOR_SECRET,
    )
    binding = request(
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
        answered=answer(binding, case.BINDING_MADE),
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
