"""Identities: the groups that every authenticator adds, and the ways in which people write an identity down.

The groups are those that the API server gives: ``serviceaccount/util.go``, the anonymous authenticator, the bootstrap
token authenticator, and the certificate that a kubelet's signer insists on (``O=system:nodes``).
"""

from __future__ import annotations

from demarc.model.access import Asker, SubjectRef
from demarc.model.errors import DemarcError

MASTERS = "system:masters"
NODES = "system:nodes"
ANONYMOUS = "system:anonymous"
AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
NODE_PREFIX = "system:node:"
SERVICE_ACCOUNT_PREFIX = "system:serviceaccount:"
_BOOTSTRAP_PREFIX = "system:bootstrap:"
_WRITE = "write user:NAME, group:NAME, sa:NAMESPACE/NAME or a user name as the API server knows it"


def asker(user: str, groups: tuple[str, ...] = ()) -> Asker:
    """A user with the groups that it has beside the given ones, as the API server fills them in on impersonation.

    Without given groups, those that follow from the name; and ``system:authenticated``, or for the anonymous user
    ``system:unauthenticated``.
    """
    held = groups or _by_name(user)
    if user == ANONYMOUS:
        held = _with(held, UNAUTHENTICATED)
    elif UNAUTHENTICATED not in held:
        held = _with(held, AUTHENTICATED)
    return Asker(user=user, groups=held)


def _by_name(user: str) -> tuple[str, ...]:
    account = service_account(user)
    if account is not None:
        return ("system:serviceaccounts", f"system:serviceaccounts:{account[0]}")
    if user.startswith(NODE_PREFIX) and user != NODE_PREFIX:
        return (NODES,)
    return ("system:bootstrappers",) if user.startswith(_BOOTSTRAP_PREFIX) else ()


def _with(groups: tuple[str, ...], group: str) -> tuple[str, ...]:
    return groups if group in groups else (*groups, group)


def service_account(user: str) -> tuple[str, str] | None:
    """Namespace and name of the service account behind a user name, if there is one."""
    if not user.startswith(SERVICE_ACCOUNT_PREFIX):
        return None
    namespace, colon, name = user[len(SERVICE_ACCOUNT_PREFIX) :].partition(":")
    return (namespace, name) if colon and namespace and name and ":" not in name else None


def node_of(who: Asker) -> str | None:
    """Name of the node that asks ('' for one without a name); None for everybody else."""
    if not who.user.startswith(NODE_PREFIX) or NODES not in who.groups:
        return None
    return who.user[len(NODE_PREFIX) :]


def user_of(subject: SubjectRef) -> str:
    """The user name behind a subject; empty for a group."""
    if subject.kind == "ServiceAccount":
        return f"{SERVICE_ACCOUNT_PREFIX}{subject.namespace}:{subject.name}"
    return subject.name if subject.kind == "User" else ""


def named(text: str, groups: tuple[str, ...] = ()) -> Asker:
    """The identity that somebody typed; a group alone is an asker without a user. Raises DemarcError."""
    prefix, colon, rest = text.partition(":")
    if prefix in {"user", "group", "sa", "serviceaccount"} and colon:
        if not rest:
            raise DemarcError(f"{text!r} names nobody", todo=_WRITE)
        if prefix == "group":
            return Asker(user="", groups=(rest, *groups))
        if prefix == "user":
            return asker(rest, groups)
        namespace, slash, name = rest.partition("/")
        if not slash or not namespace or not name or "/" in name:
            raise DemarcError(f"{text!r} is no service account", todo=_WRITE)
        return asker(f"{SERVICE_ACCOUNT_PREFIX}{namespace}:{name}", groups)
    if not text:
        raise DemarcError("no identity was named", todo=_WRITE)
    return asker(text, groups)
