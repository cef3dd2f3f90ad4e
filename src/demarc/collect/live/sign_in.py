"""Who we are to a cluster: the credentials of a kubeconfig user, as request headers and a TLS context.

Keys from a kubeconfig or plugin are on disk only while OpenSSL loads them, which takes files alone, in a folder of our
own that is gone a moment later. Nothing here prints a credential.
"""

from __future__ import annotations

import base64
import os
import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

from demarc.collect.live.kubeconfig import Entry, Target, bytes_of, text_of
from demarc.collect.live.plugins import Credential, run_plugin
from demarc.collect.live.proxy import is_loopback
from demarc.collect.live.status import one_line as clean
from demarc.model.errors import DemarcError

Headers = tuple[tuple[str, str], ...]
"""Pairs: a name may come several times."""


def credential_of(target: Target, *, environment: Mapping[str, str], terminal: bool) -> Credential:
    """Find the credential of a target, running its plugin where it has one. Raises DemarcError.

    None is given for a server that is reached in the clear, as in kubectl, unless it is on this machine.
    """
    user, context = target.user, target.context
    if not (is_tls(target) or is_loopback(urlsplit(target.server).hostname or "")):
        return Credential()
    if isinstance(user.get("auth-provider"), dict):
        return _from_auth_provider(user["auth-provider"], context)
    token = _token(user, context)
    certificate = bytes_of(user, "client-certificate", context=context) or b""
    key = bytes_of(user, "client-key", context=context) or b""
    if isinstance(user.get("exec"), dict) and not token:
        found = run_plugin(target, environment=environment, terminal=terminal)
        return Credential(token=found.token, certificate=found.certificate or certificate, key=found.key or key)
    return Credential(token=token, certificate=certificate, key=key)


def renews(target: Target) -> bool:
    """Tell whether asking for the credential again can give another one."""
    return isinstance(target.user.get("exec"), dict) or bool(text_of(target.user, "tokenFile"))


def is_tls(target: Target) -> bool:
    """Tell whether the server is reached over TLS."""
    return target.server.lower().startswith("https://")


def headers_of(target: Target, credential: Credential) -> Headers:
    """Give the headers that say who asks."""
    name = text_of(target.user, "username")
    if credential.token:
        if not (credential.token.isascii() and credential.token.isprintable()) or " " in credential.token:
            raise DemarcError(f"the token of context {clean(target.context)} holds characters that no token can hold")
        own: Headers = (("Authorization", f"Bearer {credential.token}"),)
    elif name and is_tls(target):
        pair = f"{name}:{text_of(target.user, 'password')}".encode()
        own = (("Authorization", f"Basic {base64.b64encode(pair).decode()}"),)
    else:
        own = ()
    return own + _impersonation(target.user, target.context)


def _impersonation(user: Entry, context: str) -> Headers:
    """Give the headers for ``as``: without them the cluster would be seen with other rights than were meant."""
    name = text_of(user, "as")
    groups = [str(group) for group in user.get("as-groups") or ()]
    extra = user.get("as-user-extra")
    extras = [
        (f"Impersonate-Extra-{quote(str(key).lower(), safe='')}", str(value))
        for key, values in (extra.items() if isinstance(extra, dict) else ())
        for value in values or ()
    ]
    uid = text_of(user, "as-uid")
    if not name:
        if groups or extras or uid:
            raise DemarcError(f"context {clean(context)} impersonates groups without a user", todo="Add `as`.")
        return ()
    pairs = [("Impersonate-User", name), *(("Impersonate-Group", group) for group in groups), *extras]
    pairs += [("Impersonate-Uid", uid)] if uid else []
    if not all(value.isprintable() for _, value in pairs):
        raise DemarcError(f"context {clean(context)} impersonates a name that no header can hold")
    return tuple(pairs)


def _token(user: Entry, context: str) -> str:
    path = text_of(user, "tokenFile")
    if not path:
        return text_of(user, "token").strip()
    # As in kubectl the file wins over a token beside it.
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise DemarcError(f"the token file of context {clean(context)} cannot be read: {clean(path)}") from None


def _from_auth_provider(provider: Entry, context: str) -> Credential:
    name = text_of(provider, "name")
    config = provider.get("config")
    token = text_of(config, "id-token") if isinstance(config, dict) else ""
    if name != "oidc":
        raise DemarcError(
            f"context {clean(context)} signs in with auth-provider {clean(name)}, which kubectl has dropped too",
            todo="Renew the kubeconfig: gcloud container clusters get-credentials, az aks get-credentials.",
        )
    if not token:
        raise DemarcError(f"context {clean(context)} has no id-token", todo=_OIDC)
    # It is not renewed here: that would use up the refresh token, and the new one would have to be written to the
    # user's kubeconfig.
    return Credential(token=token)


_OIDC = "Run any kubectl command with this context: kubectl renews the id-token and writes it to the kubeconfig."


def tls_of(target: Target, credential: Credential) -> ssl.SSLContext:
    """Make the TLS context: whom to trust, and the client certificate. Raises DemarcError."""
    authority = bytes_of(target.cluster, "certificate-authority", context=target.context)
    try:
        # Only the cluster's own authority where it names one, otherwise the system's: as in kubectl.
        context = ssl.create_default_context(cadata=authority.decode("ascii", "ignore") if authority else None)
    except (ssl.SSLError, ValueError):
        raise DemarcError(f"the certificate authority of context {clean(target.context)} is not PEM") from None
    # Python 3.13 asks for RFC 5280 to the letter; authorities of clusters do not keep to it, and Go does not ask.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if target.cluster.get("insecure-skip-tls-verify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if credential.certificate or credential.key:
        _load_pair(context, credential, target.context)
    return context


def _load_pair(context: ssl.SSLContext, credential: Credential, name: str) -> None:
    with tempfile.TemporaryDirectory(prefix="demarc-") as folder:  # for its owner alone
        paths: list[Path] = []
        for file, content in (("certificate", credential.certificate), ("key", credential.key)):
            path = Path(folder) / file
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                stream.write(content)
            paths.append(path)
        try:
            # An empty password, or OpenSSL would ask for one at the terminal.
            context.load_cert_chain(paths[0], paths[1], password="")
        except (ssl.SSLError, ValueError):
            raise DemarcError(
                f"the client certificate and key of context {clean(name)} are not PEM, locked, or do not fit together"
            ) from None
