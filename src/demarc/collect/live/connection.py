"""The connection to an API server: signs in, sends, and gives answers as raw bytes.

Connections are urllib3's. Which cluster is resolved in kubeconfig, by which proxy in proxy, as whom in sign_in. It can
send anything, so it is held by two alone: the reader in api, and the writer of the lifecycle package.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from msgspec import Struct
from urllib3 import HTTPHeaderDict, PoolManager, ProxyManager, Timeout, disable_warnings
from urllib3.exceptions import HTTPError, InsecureRequestWarning
from urllib3.util import make_headers

from demarc import __version__
from demarc.collect.live.interface import Answer, AnswerTooLargeError
from demarc.collect.live.kubeconfig import Target, text_of
from demarc.collect.live.proxy import Proxy, proxy_for
from demarc.collect.live.sign_in import Headers, credential_of, headers_of, is_tls, renews, tls_of
from demarc.collect.live.trouble import explain_trouble
from demarc.model.errors import DemarcError

_CONNECT_SECONDS = 15.0
_READ_SECONDS = 90.0
"""Between two pieces of an answer. The server itself gives up a list after 60 s."""
_LARGEST_ANSWER = 64 * 1024 * 1024
"""Bytes of one answer, unpacked. A page that is larger is asked for in smaller ones."""
_CHUNK = 1024 * 1024
_CONNECTIONS = 16


class _Session(Struct, frozen=True, kw_only=True):
    """What requests are made with until credentials end."""

    pool: PoolManager
    headers: Headers


class _Sent(Struct, frozen=True, kw_only=True):
    """One request. Its body may hold a secret value, so it has no words of its own."""

    method: str
    path: str
    query: Mapping[str, str]
    accept: str
    body: bytes | None
    content_type: str

    def __repr__(self) -> str:
        return f"_Sent({self.method} {self.path})"


class Connection:
    """The way to one API server, signed in. Safe for several threads. Whoever holds it may write: see ClusterWriter."""

    def __init__(self, target: Target, *, environment: Mapping[str, str], terminal: bool) -> None:
        self._target = target
        self._environment = environment
        self._terminal = terminal
        self._lock = threading.Lock()
        self._session = self._sign_in()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Connection({self._target!r})"

    def close(self) -> None:
        """Close the connections."""
        self._session.pool.clear()

    @property
    def context(self) -> str:
        """Name of the kubeconfig context, or ``in-cluster``."""
        return self._target.context

    @property
    def server(self) -> str:
        """Address of the API server, without credentials."""
        split = urlsplit(self._target.server)
        return f"{split.scheme}://{split.netloc.rpartition('@')[2]}{split.path}"

    @property
    def namespace(self) -> str:
        """Namespace of the context; ``default`` where it names none."""
        return self._target.namespace

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        *,
        accept: str,
        body: bytes | None = None,
        content_type: str = "",
    ) -> Answer:
        """Send one request. On 401 it signs in anew, once, and asks again: credentials end during long work.

        A request that was answered 401 was not carried out, so sending it again changes nothing twice. Any status is an
        answer; redirects are not followed. Raises UnreachableError, NoAnswerError or AnswerTooLargeError; after
        NoAnswerError a write may or may not have been carried out.
        """
        sent = _Sent(method=method, path=path, query=query, accept=accept, body=body, content_type=content_type)
        session = self._session
        answer = self._send(session, sent)
        if answer.status != 401 or not renews(self._target):
            return answer
        with self._lock:
            # Several threads meet the same 401; the first signs in for all.
            if self._session is session:
                self._session = self._sign_in()
        return self._send(self._session, sent)

    def _send(self, session: _Session, sent: _Sent) -> Answer:
        headers = HTTPHeaderDict(
            {"Accept": sent.accept, "Accept-Encoding": "gzip", "User-Agent": f"demarc/{__version__}"}
        )
        if sent.content_type:
            headers["Content-Type"] = sent.content_type
        for name, value in session.headers:
            headers.add(name, value)
        try:
            response = session.pool.request(
                sent.method,
                self._target.server + sent.path + (f"?{urlencode(sent.query)}" if sent.query else ""),
                headers=headers,
                body=sent.body,
                preload_content=False,
                redirect=False,  # would carry the credentials to somebody else
                retries=False,
                timeout=Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
            )
            body = self._body(response)
        except HTTPError as error:
            # Without the cause: its text may hold a proxy's password.
            raise explain_trouble(error, self.server) from None
        return Answer(
            status=response.status,
            content_type=response.headers.get("Content-Type", ""),
            body=body,
            retry_after=_seconds(response.headers.get("Retry-After", "")),
        )

    def _body(self, response: Any) -> bytes:
        parts: list[bytes] = []
        size = 0
        for part in response.stream(_CHUNK, decode_content=True):
            size += len(part)
            if size > _LARGEST_ANSWER:
                response.close()
                raise AnswerTooLargeError(f"an answer of {self.server} is larger than {_LARGEST_ANSWER >> 20} MiB")
            parts.append(part)
        response.release_conn()
        return b"".join(parts)

    def _sign_in(self) -> _Session:
        target = self._target
        credential = credential_of(target, environment=self._environment, terminal=self._terminal)
        pool = _pool(target, self._environment)
        if is_tls(target):
            pool.connection_pool_kw["ssl_context"] = tls_of(target, credential)
        return _Session(pool=pool, headers=headers_of(target, credential))


def _pool(target: Target, environment: Mapping[str, str]) -> PoolManager:
    """Make the pool of connections, through a proxy where kubectl would go through one."""
    options: dict[str, Any] = {"maxsize": _CONNECTIONS}
    if name := text_of(target.cluster, "tls-server-name"):
        options["server_hostname"] = name
    if target.cluster.get("insecure-skip-tls-verify"):
        options["cert_reqs"] = "CERT_NONE"
        disable_warnings(InsecureRequestWarning)  # at every request, for what the user's own kubeconfig asks for
    proxy = proxy_for(target.server, text_of(target.cluster, "proxy-url"), environment)
    if proxy is None:
        return PoolManager(**options)
    if proxy.url.startswith("socks"):
        return _socks(proxy, options)
    headers = make_headers(proxy_basic_auth=proxy.sign_in) if proxy.sign_in else None
    return ProxyManager(proxy.url, proxy_headers=headers, **options)


def _socks(proxy: Proxy, options: dict[str, Any]) -> PoolManager:
    try:
        from urllib3.contrib.socks import SOCKSProxyManager  # noqa: PLC0415 - needs a package that few have
    except ImportError:
        raise DemarcError("a SOCKS proxy needs the package PySocks", todo="Run: pip install pysocks") from None
    user, _, password = proxy.sign_in.partition(":")
    return SOCKSProxyManager(proxy.url, username=user or None, password=password or None, **options)


def _seconds(value: str) -> float | None:
    return float(value) if value.isascii() and value.isdigit() else None
