"""The change for a pull request: for what lies in a repository, nothing is written to the cluster.

It holds no secret value, neither the old nor a new one: it says what to put where, with the tool of that repository.
"""

from __future__ import annotations

import re
from typing import Final

from demarc.lifecycle.credential import Consumer, Credential, CredentialKind, Given
from demarc.lifecycle.plan import Change

_KEYS_SHOWN: Final = 6


def change_of(credential: Credential, suffix: str) -> Change:
    """The change for one credential or grant."""
    if credential.given is not None:
        return _withdrawn(credential, credential.given, suffix)
    manager = credential.manager
    source = manager.source if manager else "its repository"
    kind = manager.kind if manager else ""
    new = f"{credential.name}-{suffix}"
    lines = [
        f"# Rotate {credential.key}",
        "",
        (
            f"{kind} keeps this Secret ({manager.evidence if manager else ''}) and takes back what others write "
            f"({manager.reverts if manager else ''}), so the change belongs into {source}."
        ),
        "",
        *_steps(credential, new, kind),
        "",
        (
            "Keep the old Secret until nothing uses it; remove it in a second pull request, and end the old credential "
            "at whoever issued it. Its old value stays in the history of the repository, encrypted or not: ending it "
            "is what counts."
        ),
        *_history(kind, manager.name if manager else "", credential.namespace),
        "",
    ]
    return Change(
        credential=credential.key,
        title=f"Rotate {credential.key}",
        file=f"{credential.namespace}-{credential.name}.md",
        content="\n".join(lines),
        why=f"{kind} keeps it: {source}",
    )


def _withdrawn(credential: Credential, given: Given, suffix: str) -> Change:
    """The change that takes a subject out of a binding; the binding itself goes with its last one."""
    manager = credential.manager
    source = manager.source if manager else "its repository"
    title = f"Take {given.subject} out of {given.kind} {credential.place}"
    kind, _, name = given.subject.partition(" ")
    space, _, account = name.rpartition("/") if kind == "ServiceAccount" else ("", "", name)
    subject = [f"    - kind: {kind}", f"      name: {account}", *([f"      namespace: {space}"] if space else [])]
    if given.others:
        steps = ["1. In its manifest, take this subject out of the list `subjects`, however often it is there:", ""]
        steps += [*subject, "", f"   {given.others} others stay in it."]
    else:
        steps = ["1. Remove its manifest: nobody else is in it."]
    if given.narrower:
        role_kind, _, role = given.narrower.partition(" ")
        head = [f"    kind: {given.kind}", f"    metadata: {{name: {credential.name}-{suffix}}}"]
        ref = f"    roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {role_kind}, name: {role}}}"
        steps += ["", "2. Add a binding of the narrower role, before the old one goes:", "", *head, ref]
        steps += ["    subjects:", *(f"  {line}" for line in subject)]
    still = [f"- {given.subject} may still {one}" for one in given.still]
    refused = [
        f"    kubectl auth can-i {one.verb} {one.resource} {_as(given, one.namespace)}" for one in given.denied[:3]
    ]
    lines = [
        f"# {title}",
        "",
        (
            f"{manager.kind if manager else 'A repository'} keeps this binding and takes back what others write, "
            f"so the change belongs into {source}."
        ),
        "",
        *steps,
        "",
        *(["Then this must answer no:", "", *refused, ""] if refused else []),
        *(["What other bindings give all the same:", "", *still, ""] if still else []),
    ]
    name = "-".join(
        part for part in re.split(r"[^a-z0-9]+", f"{given.kind} {credential.place} {given.subject}".lower()) if part
    )
    return Change(
        credential=credential.key,
        title=title,
        file=f"{name[:120]}.md",
        content="\n".join(lines),
        why=f"{manager.kind if manager else 'a repository'} keeps it: {source}",
    )


def _as(given: Given, namespace: str) -> str:
    user = (
        f"--as {given.user}"
        if given.user
        else " ".join(["--as nobody", *(f"--as-group {one}" for one in given.groups)])
    )
    return user + (f" -n {namespace}" if namespace else " -A")


def _history(kind: str, release: str, namespace: str) -> list[str]:
    """Where else the old value is kept."""
    if kind != "helm":
        return []
    secrets = f"sh.helm.release.v1.{release}.v* of {namespace}"
    return ["", f"Helm keeps the old manifest, value included, in Secrets {secrets}; they go with later upgrades."]


def _steps(credential: Credential, new: str, kind: str) -> list[str]:
    if credential.kind is CredentialKind.LEGACY_TOKEN:
        steps = [
            (
                f"1. Give the pods of {credential.account or 'the account'} a projected token: remove the volume of "
                f"{credential.name}, or mount a projected volume with serviceAccountToken."
            ),
            f"2. Remove the manifest of the Secret {credential.name}.",
        ]
        return steps + _consumers(credential.consumers, 3)
    steps = [
        "1. Have the issuer make a second credential; the old one stays valid meanwhile.",
        f"2. Add a Secret {new} with the keys {_keys(credential)}:",
        "",
        *_command(credential, new, kind),
        "",
    ]
    return steps + _consumers(credential.consumers, 3, new)


def _keys(credential: Credential) -> str:
    shown = ", ".join(credential.keys[:_KEYS_SHOWN]) or "of the old one"
    return shown if len(credential.keys) <= _KEYS_SHOWN else f"{shown}, ..."


def _command(credential: Credential, new: str, kind: str) -> list[str]:
    key = credential.keys[0] if credential.keys else "KEY"
    make = f"kubectl create secret generic {new} -n {credential.namespace} --from-file={key}=/dev/stdin"
    if kind == "sealed-secrets":
        return [f"       {make} --dry-run=client -o yaml | kubeseal --format yaml > {new}.yaml"]
    return [
        f"       {make} --dry-run=client -o yaml > {new}.yaml",
        f"       sops --encrypt --in-place {new}.yaml    # or as your repository keeps secrets; never in the clear",
    ]


def _consumers(consumers: tuple[Consumer, ...], start: int, new: str = "") -> list[str]:
    what = f"refer to {new}" if new else "take its own token"
    return [
        f"{start + number}. Let {consumer.key} {what} ({', '.join(consumer.uses)})."
        + (f" It is kept by {consumer.manager.kind}: {consumer.manager.source}." if consumer.manager else "")
        for number, consumer in enumerate(consumers)
    ]
