"""A fake cluster API over real HTTP, for tests of whatever reads a cluster.

It listens on 127.0.0.1 on a free port for as long as its ``with`` block lasts, answers as a Kubernetes API server words
its answers, fails on demand, and remembers what it was asked and what it sent. See docs/concepts/testing.md.
"""

from __future__ import annotations

import gzip
import json
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

from demarc.collect.live.kinds import Resource
from demarc.testing import answers, reviews
from demarc.testing.answers import Reply
from demarc.testing.objects import Object
from demarc.testing.refusals import RefusedError
from demarc.testing.refusals import forbidden as refused
from demarc.testing.requests_log import audit_event
from demarc.testing.rights import Attempt, forbids
from demarc.testing.selectors import selecting
from demarc.testing.serving import Objects, Sent, Target, refusal, target_of, verb_of, watched
from demarc.testing.store import ObjectStore, etcd_key, token_for
from demarc.testing.tokens import Tokens, User, read
from demarc.testing.verbs import Verbs, stamp, ticking

TOKEN = "fake-cluster-token"  # noqa: S105 - opens nothing but the fake
_GZIP_FROM = 128 * 1024
"""Bytes from which on the real server compresses."""


class Request(Struct, frozen=True, kw_only=True):
    """What the fake cluster was asked."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes = b""

    def __repr__(self) -> str:
        return f"Request({self.method} {self.path})"  # what was written may hold a secret value


class Controller(Protocol):
    """Something that reconciles: called after every write and before every read, until it writes nothing more."""

    def step(self, verbs: Verbs) -> None:
        """Do one step of its work."""


class FakeCluster:
    """A cluster of given objects.

    - ``forbid``, ``allow``: globs of ``resource`` or ``resource/namespace`` as in ``secrets``, ``*.apps``,
      ``*/payments``. What ``forbid`` matches answers 403, unless ``allow`` matches too. A pattern without a namespace
      is for every request for the resource, one with a namespace only for lists within it. ``forbid`` also takes paths
      (``/version``). A verb before a pattern limits it (``delete secrets/shop``); subresources are ``pods:eviction``.
    - ``down_groups``: registered (``metrics.k8s.io/v1beta1``), but answering 503 in plain text.
    - ``fail``: by resource or path, statuses (429, 500, 503, 504) of its first answers.
    - ``expire``: by resource, how many requests for a further page are answered with 410.
    - ``fixed``: by path, what is answered whatever the request.
    - ``page_limit``: most objects in a page, whatever the request's ``limit``.
    - ``tokens``: bearer tokens that are accepted; None: everything is.
    - ``aggregated``: false for a server older than 1.26.
    - ``forms``: false for a server that knows neither Table nor metadata.
    - ``before``: called with each request before it is answered, on the thread that serves it.
    - ``controllers``: reconcile after each write and before each read, in this order.
    - ``now``: the cluster's clock. Default: goes on by a second whenever it is read.
    """

    def __init__(
        self,
        objects: Iterable[Object] = (),
        *,
        version: str = "v1.36.2",
        aggregated: bool = True,
        forbid: Sequence[str] = (),
        allow: Sequence[str] = (),
        down_groups: Sequence[str] = (),
        fail: Mapping[str, Sequence[int]] | None = None,
        expire: Mapping[str, int] | None = None,
        fixed: Mapping[str, Reply] | None = None,
        page_limit: int | None = None,
        tokens: set[str] | None = None,
        forms: bool = True,
        before: Callable[[Request], None] | None = None,
        tls: ssl.SSLContext | None = None,
        user: str = "tester",
        controllers: Sequence[Controller] = (),
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self.store = ObjectStore(objects)
        self.verbs = Verbs(self.store, now or ticking())
        """The objects, to be read and written directly, as a controller would."""
        self.service_tokens = Tokens(self.verbs)
        self.controllers = tuple(controllers)
        self.audit: list[Object] = []
        """An audit event for each request, as ``audit.k8s.io/v1`` at level Metadata."""
        self._objects = Objects(self.verbs, self.service_tokens)
        self.version = version
        self.aggregated = aggregated
        self.forbid = tuple(forbid)
        self.allow = tuple(allow)
        self.down_groups = tuple(down_groups)
        self.fail = {name: list(statuses) for name, statuses in (fail or {}).items()}
        self.expire = Counter(expire or {})
        self.fixed = dict(fixed or {})
        self.page_limit = page_limit
        self.tokens = tokens
        self.forms = forms
        self.before = before
        self.user = user
        self.requests: list[Request] = []
        self.sent: list[bytes] = []
        """Bodies of all answers, before compression."""
        self._lock = threading.Lock()
        self._tls = tls
        self._server: _Server
        self._thread: threading.Thread

    def __enter__(self) -> Self:
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        if self._tls is not None:
            self._server.socket = self._tls.wrap_socket(self._server.socket, server_side=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Address of the server, inside the ``with`` block."""
        scheme = "https" if self._tls is not None else "http"
        return f"{scheme}://127.0.0.1:{self._server.server_port}"

    def kubeconfig(
        self,
        *,
        context: str = "fake",
        namespace: str | None = None,
        user: Object | None = None,
        cluster: Object | None = None,
    ) -> str:
        """Write a kubeconfig for it (JSON, which is YAML). ``user`` and ``cluster`` replace or add fields."""
        named: Object = {"cluster": context, "user": context}
        if namespace is not None:
            named["namespace"] = namespace
        return json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": context,
                "contexts": [{"name": context, "context": named}],
                "clusters": [{"name": context, "cluster": {"server": self.url, **(cluster or {})}}],
                "users": [{"name": context, "user": user if user is not None else {"token": TOKEN}}],
            }
        )

    def asked(self, path: str) -> list[Request]:
        """Give the requests for a path, in order."""
        return [request for request in self.requests if request.path == path]

    def answer(self, request: Request) -> Reply:
        """Answer a request; the HTTP server calls this."""
        if self.before is not None:
            self.before(request)
        with self._lock:
            self.requests.append(request)
            if request.method == "GET":
                self.step()
            reply, user = self._answer_as(request)
            if request.method != "GET":
                self.step()
            self.sent.append(reply.body)
            self.audit.append(
                audit_event(
                    self.store,
                    request.method,
                    request.path,
                    query=request.query,
                    status=reply.status,
                    user=user,
                    at=stamp(self.verbs.now()),
                )
            )
        return reply

    def step(self) -> None:
        """Let every controller do one step."""
        for controller in self.controllers:
            controller.step(self.verbs)

    def authenticates(self, token: str) -> bool:
        """Tell whether a service account token works now, without noting a use."""
        return isinstance(self.service_tokens.check(token, use=False), User)

    def audit_log(self) -> str:
        """The audit trail as JSON lines."""
        return "".join(json.dumps(event, separators=(",", ":")) + "\n" for event in self.audit)

    def _answer_as(self, request: Request) -> tuple[Reply, User]:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        nobody = User(username=self.user, uid="", groups=("system:authenticated",))
        try:
            if self.tokens is None and read(token) is not None:
                found = self.service_tokens.check(token)
                if isinstance(found, str):
                    return answers.unauthorized(), nobody
                return self._answer(request, found), found
            return self._answer(request, nobody), nobody
        except RefusedError as error:
            return refusal(error), nobody

    def _answer(self, request: Request, user: User) -> Reply:
        if self.tokens is not None and request.headers.get("authorization", "") not in {
            f"Bearer {token}" for token in self.tokens
        }:
            return answers.unauthorized()
        if request.path in self.fixed:
            return self.fixed[request.path]
        if waiting := self.fail.get(request.path):
            return answers.busy(waiting.pop(0))
        if request.path in self.forbid:
            return answers.forbidden_path(request.path, self.user)
        if request.path == "/version":
            minor = self.version.split(".")[1]
            return answers.as_json({"major": "1", "minor": minor, "gitVersion": self.version})
        review = reviews.answer(
            request.method,
            request.path,
            request.body,
            user=user,
            tokens=self.service_tokens,
            may=self._may,
            verbs=self.verbs,
        )
        return review or self._discovery(request) or self._resource(request, user)

    def _may(self, attempt: Attempt) -> bool:
        return not forbids(self.forbid, self.allow, attempt)

    def _discovery(self, request: Request) -> Reply | None:
        groups = self.store.versions()
        core = {"": groups.pop("")}
        aggregated = self.aggregated and "as=APIGroupDiscoveryList" in request.headers.get("accept", "")
        if request.path == "/api":
            legacy = answers.as_json({"kind": "APIVersions", "versions": ["v1"]})
            return answers.aggregated_discovery(core, ()) if aggregated else legacy
        if request.path == "/apis":
            if aggregated:
                return answers.aggregated_discovery(groups, self.down_groups)
            down = {name.rpartition("/")[0]: [name.rpartition("/")[2]] for name in self.down_groups}
            return answers.legacy_groups([*groups, *down], {**groups, **down})
        if request.path == "/api/v1":
            return answers.legacy_resources("v1", core[""]["v1"])
        prefix, _, rest = request.path.partition("/apis/")
        if prefix or any(rest == name or rest.startswith(f"{name}/") for name in self.down_groups):
            return answers.aggregated_api_down() if not prefix else None
        group, _, version = rest.partition("/")
        resources = groups.get(group, {}).get(version)
        return answers.legacy_resources(rest, resources) if resources is not None else None

    def _resource(self, request: Request, user: User) -> Reply:
        target = target_of(self.store, request.path)
        if target is None:
            served = any(request.path.startswith(r.path().rpartition("/")[0] + "/") for r in self._served())
            return answers.no_such_resource() if served else answers.no_such_path()
        resource, verb = target.resource, verb_of(request.method, target, request.query)
        if not self._may(Attempt(verb=verb, resource=target.called, namespace=target.namespace)):
            if verb == "list":
                return answers.forbidden(resource, user.username, target.namespace)
            raise refused(
                verb=verb,
                resource=f"{resource.plural}/{target.subresource}" if target.subresource else resource.plural,
                group=resource.group,
                name=target.name,
                namespace=target.namespace or "",
                user=user.username,
            )
        if waiting := self.fail.get(resource.name) or self.fail.get(f"{verb} {resource.name}"):
            return answers.busy(waiting.pop(0))
        return self._serve(target, verb, request)

    def _serve(self, target: Target, verb: str, request: Request) -> Reply:
        if verb == "watch":
            since = int(request.query.get("resourceVersion") or 0)
            return watched(target.resource, target.namespace, self.store.changes, since)
        if verb == "list":
            return self._list(target.resource, target.namespace, request)
        sent = Sent(
            method=request.method,
            query=request.query,
            content_type=request.headers.get("content-type", "application/json").partition(";")[0],
            accept=request.headers.get("accept", "*/*"),
            body=request.body,
        )
        return self._objects.serve(target, sent)

    def _served(self) -> Iterable[Resource]:
        return self.store.resources.values()

    def _list(self, resource: Resource, namespace: str | None, request: Request) -> Reply:
        limit = int(request.query.get("limit", "0"))
        if self.page_limit is not None:
            limit = min(limit or self.page_limit, self.page_limit)
        token = request.query.get("continue", "")
        try:
            page = self.store.list(
                resource, namespace=namespace, limit=limit, token=token, matches=selecting(request.query)
            )
        except ValueError as error:
            return answers.bad_continue(str(error))
        if token and self.expire[resource.name] > 0:
            self.expire[resource.name] -= 1
            first = page.items[0]["metadata"]
            here = (first.get("namespace", ""), first["name"])
            return answers.expired(token_for(page.resource_version, etcd_key(here)))
        for form in request.headers.get("accept", "*/*").split(","):
            if "as=Table" in form and self.forms:
                return answers.table(resource, page, include=request.query.get("includeObject", "Metadata"))
            if "as=PartialObjectMetadataList" in form and self.forms:
                return answers.metadata_list(page)
            if form.partition(";")[0].strip() in ("application/json", "*/*") and "as=" not in form:
                return answers.whole_list(resource, page)
        return answers.not_acceptable()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, cluster: FakeCluster) -> None:
        self.cluster = cluster
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    """Head and body are sent apart: the second would wait 40 ms for the first to be confirmed."""
    server: _Server

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(
            method=self.command,
            path=split.path,
            query=dict(parse_qsl(split.query)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length) if length else b"",
        )
        reply = self.server.cluster.answer(request)
        body = reply.body
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        if len(body) > _GZIP_FROM and "gzip" in request.headers.get("accept-encoding", ""):
            body = gzip.compress(body, compresslevel=1)
            self.send_header("Content-Encoding", "gzip")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the base class's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: tests read ``requests``."""
