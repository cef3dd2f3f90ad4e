"""What the same two days hold that only looks like an intrusion."""

from __future__ import annotations

from typing import Any

from make.callers import anonymous, minted
from make.ordinary import Cast, somebody
from make.roles import RBAC
from make.stable import uid
from make.story import Story, request, token_request

SCANNER = "198.51.100.23"


def record(story: Story, cast: Cast) -> None:
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
    debug = request(
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
    _more(story, cast)


def _more(story: Story, cast: Cast) -> None:
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
                sent=token_request("https://kubernetes.default.svc", 3600),
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
