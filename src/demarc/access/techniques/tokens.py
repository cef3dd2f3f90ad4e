"""Ways to the token of a service account: asking for it, a Secret that holds it, a name to guess."""

from __future__ import annotations

import re
from collections.abc import Iterator

from demarc.access.graph import GraphBuilder
from demarc.access.techniques import things
from demarc.access.techniques.grants import Writer
from demarc.access.techniques.offers import where
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View, shown
from demarc.model.kubernetes import Secret

_TYPE = "kubernetes.io/service-account-token"
_ACCOUNT = "kubernetes.io/service-account.name"
_INVALID = "kubernetes.io/legacy-token-invalid-since"
_GENERATED = re.compile(r".+-token-[bcdfghjklmnpqrstvwxz2456789]{5}")
"""Names that the controller gave to token Secrets before 1.24."""
_PODS = "create pods"


def token_request(view: View, graph: GraphBuilder) -> None:
    """Rights to ask for tokens."""
    writer = Writer(view, graph, "TOKEN_REQUEST")
    for claim in view.rights.claims("create serviceaccounts/token"):
        names = claim.names[0]
        if names is None:
            says = f"asking for tokens of any service account {where(claim.namespace)}"
            writer.edge(claim, things.any_account(graph, claim.namespace), says)
        for namespace in (claim.namespace,) if claim.namespace else view.namespaces:
            for name in names or ():
                if (namespace, name) in view.accounts:
                    says = f"asking for tokens of ServiceAccount {namespace}/{name}"
                    writer.edge(claim, things.account(graph, namespace, name), says, place=namespace)


def token_secret_mint(view: View, graph: GraphBuilder) -> None:
    """Rights to make a Secret that asks for a token, and to get at what it then holds."""
    writer = Writer(view, graph, "TOKEN_SECRET_MINT")
    for back, how in (("get|list|watch secrets", "reading them"), (_PODS, "mounting them in a pod")):
        for claim in view.rights.claims("create secrets", back):
            for place, stop in writer.places(claim, "CREATE", "secrets"):
                says = f"making token Secrets {where(place)} and {how}"
                writer.edge(claim, things.any_account(graph, place), says, place=place, unknown=stop)


def _tokens(view: View) -> Iterator[tuple[Secret, str, str]]:
    """Token Secrets that are in force, with their account and what is not known of them."""
    for secret in view.secrets.values():
        account = secret.annotations.get(_ACCOUNT, "")
        if account and secret.type in (_TYPE, "") and _INVALID not in secret.labels:
            unknown = (
                "" if secret.type else "only metadata of the Secret was seen: whether it holds a token is not known"
            )
            yield secret, account, unknown


def token_secret_read(view: View, graph: GraphBuilder) -> None:
    """Token Secrets to their accounts, whichever way somebody comes by the Secret."""
    for secret, account, unknown in _tokens(view):
        namespace, name = secret.metadata.namespace, secret.metadata.name
        graph.edge(
            "TOKEN_SECRET_READ",
            things.secret(graph, namespace, name),
            things.account(graph, namespace, account),
            scope=view.scope(namespace),
            says=f"Secret {namespace}/{name} holds a lasting token of ServiceAccount {namespace}/{account}",
            evidence=(shown(secret, f"type {secret.type or 'not seen'}, annotation {_ACCOUNT} is {account}"),),
            grants=(f"Secret {namespace}/{name}",),
            unknown=unknown,
        )


def token_name_guess(view: View, graph: GraphBuilder) -> None:
    """Rights to get Secrets that cannot be listed, where names of token Secrets can be guessed."""
    found: dict[str, list[tuple[Secret, str, str]]] = {}
    for secret, account, unknown in _tokens(view):
        if _GENERATED.fullmatch(secret.metadata.name):
            found.setdefault(secret.metadata.namespace, []).append((secret, account, unknown))
    if not found:
        return
    writer = Writer(view, graph, "TOKEN_NAME_GUESS")
    listing = {id(held.bound) for held in view.rights.held("list|watch secrets") if held.power.names is None}
    for claim in view.rights.claims("get secrets"):
        if claim.names[0] is not None or id(claim.bound) in listing:
            continue
        for namespace in (claim.namespace,) if claim.namespace else found:
            for secret, account, unknown in found.get(namespace, ()):
                says = f"getting Secrets by name, and {secret.metadata.name} is a name that can be guessed"
                target = things.account(graph, namespace, account)
                more = (shown(secret, "metadata.name has a generated ending"),)
                writer.edge(claim, target, says, place=namespace, unknown=unknown, more=more)


TECHNIQUES = (
    Technique("TOKEN_REQUEST", token_request),
    Technique("TOKEN_SECRET_MINT", token_secret_mint),
    Technique("TOKEN_SECRET_READ", token_secret_read),
    Technique("TOKEN_NAME_GUESS", token_name_guess),
)
