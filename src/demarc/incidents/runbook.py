"""The runbook of a case: what the tenant does, in the order of a responder's need, and what the platform is asked.

A function of the case, the catalogue and the moment of the response. Evidence comes before the clean-up: what is gone
first is kept first. Says of every credential whether a log proves that it was read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from demarc.catalog.duties import duties
from demarc.catalog.escalation import ProviderEscalation, escalation
from demarc.catalog.runbook import Template, closing, revocations, templates
from demarc.incidents.commands import argument, filled, identity_argument
from demarc.incidents.escalate import escalate
from demarc.model.case import Action, Case, Phase, Runbook
from demarc.model.exposure import CredentialKind, ExposedCredential, LeftBehind, Proof, StepOwner
from demarc.model.time import iso

_WITHOUT_VALUES = " | jq 'del(.data, .stringData)'"
"""Evidence of a Secret is who made it and when; its value has no place in a file."""
_NODE_USER = "system:node:"
_NAMESPACED = re.compile(r"^([a-z0-9](?:[-a-z0-9]*[a-z0-9])?)/([^/]+)$")
PHASES = (
    ("preserve", "Keep the evidence", "the first 15 minutes", "response.evidence"),
    ("contain", "Contain", "the first hour", "response.tenant"),
    ("revoke", "Revoke every exposed credential", "the first four hours", "response.revocation"),
    ("recover", "Recover", "the first day, once revoked", "response.recovery"),
    ("watch", "Watch", "30 days from now", "monitoring.audit-review"),
)
"""Key, title, by when, and the duty whose owner does it."""


def runbook(case: Case, now: datetime) -> Runbook:
    """Both halves. ``now``: when the response begins; deadlines are told from it."""
    asked = escalation(case.provider)
    writer = _Writer(case, asked, now)
    tenant = tuple(writer.phase(*phase) for phase in PHASES)
    return Runbook(platform=escalate(case, asked, now), tenant=tenant)


class _Writer:
    """Writes the tenant's actions of one case."""

    def __init__(self, case: Case, asked: ProviderEscalation | None, now: datetime) -> None:
        self._case, self._asked, self._now = case, asked, now
        self._common = {
            "case": _slug(case.id),
            "cluster": case.cluster,
            "now": iso(now),
            "since": iso(case.since) if case.since else "",
            "until": iso(case.until or now),
            "since_ms": str(int(case.since.timestamp() * 1000)) if case.since else "",
            "until_ms": str(int((case.until or now).timestamp() * 1000)),
            "component": case.component,
        }

    def phase(self, key: str, title: str, within: str, duty: str) -> Phase:
        """One phase with its actions, numbered."""
        actions = {
            "preserve": self._preserve,
            "contain": self._contain,
            "revoke": self._revoke,
            "recover": self._recover,
            "watch": self._watch,
        }[key]()
        numbered = tuple(
            _numbered(action, f"{key}-{at}", within=within, duty=duty, owner=self._case.owners.get(action.duty or duty))
            for at, action in enumerate(actions, 1)
        )
        return Phase(key=key, title=title, within=within, actions=numbered)

    def _preserve(self) -> Iterator[Action]:
        if self._asked is not None and self._case.provider != "self_managed":
            yield self._plain(
                f"Ask {self._asked.firm} for a hold on its logs: send the letter",
                "",
                why=f"Channel: {self._asked.channel}",
            )
        if self._asked is not None:
            yield self._plain(
                "Stop the logs of the time from being deleted", self._asked.hold_command, why="Retention does not wait"
            )
            if self._case.exported is not Proof.YES:
                yield self._plain(
                    "Switch the audit trail on now, if it was off",
                    self._asked.switch_on_command,
                    why="Nothing is filled in afterwards: every minute without it is a minute nobody can tell about",
                )
        yield from self._templates("preserve")
        if self._asked is not None:
            yield self._plain(
                "Take a copy of the audit trail of the time, with digests",
                self._asked.export_command,
                why="Working copies are read; the original stays untouched",
            )

    def _contain(self) -> Iterator[Action]:
        duty = duties()[self._case.root_duty]
        door = closing(duty.id, duty.layer)
        yield Action(
            id="",
            what=f"Close the door ({duty.id}): {door.what[:1].lower()}{door.what[1:]}",
            why=f"What failed: {duty.question}",
            command=self._filled(door.command, self._door_names()),
            undo=self._filled(door.undo, self._door_names()),
            owner=next((step.owner for step in self._case.steps if step.is_root), None),
            duty=duty.id,
        )
        yield from self._templates("contain")

    def _revoke(self) -> Iterator[Action]:
        for exposed in self._case.exposed:
            yield self._revocation(exposed)
        if not self._case.exposed:
            yield self._plain(
                "No credential is on record as exposed. Look whether that is so before you rely on it",
                "demarc radius IDENTITY --snapshot CASE.tar.zst",
                why="That nothing was named is not that nothing was read",
            )

    def _revocation(self, exposed: ExposedCredential) -> Action:
        ends = revocations()[exposed.kind]
        names = _parts(exposed.name)
        node = exposed.name.removeprefix(_NODE_USER) if exposed.name.startswith(_NODE_USER) else ""
        names |= {"object_plain": names["object"], "identity": identity_argument(exposed.name), "node": node}
        own = (self._asked.revoke if self._asked is not None else {}).get(exposed.kind.value, "")
        tool = self._filled(own, {"name": exposed.name, **names})
        command = self._filled(ends.command, names, ready={"cloud_command": tool, "masters_command": tool})
        opens = f" It opens {', '.join(exposed.opens)}." if exposed.opens else ""
        return Action(
            id="",
            what=f"{kind_name(exposed.kind)}: {exposed.name}. {ends.what}",
            why=f"{exposed.how or 'exposed'}. {_PROVEN[exposed.proven_read]}{opens} Takes effect: {ends.effective}.",
            command=command,
            does_not_help=ends.does_not_help,
            proven=exposed.proven_read,
            owner=exposed.owner,
            source=ends.source,
        )

    def _recover(self) -> Iterator[Action]:
        yield from self._templates("recover")

    def _watch(self) -> Iterator[Action]:
        yield from self._templates("watch")
        unseen = [step.n for step in self._case.steps if step.is_logged is Proof.NO and step.inside_cluster]
        if unseen:
            named = f"Step {unseen[0]} leaves" if len(unseen) == 1 else f"Steps {', '.join(map(str, unseen))} leave"
            says = f"{named} no audit event: watch on nodes, in flow logs or the cloud's log"
            yield self._plain(says, "", why="An empty audit trail says nothing about it")

    def _templates(self, phase: str) -> Iterator[Action]:
        for template in templates(phase):
            for names in self._things(template):
                yield Action(
                    id="",
                    what=_worded(template.what, names),
                    why=template.why,
                    command=self._filled(template.command, names),
                    undo="" if _is_secret(names) else self._filled(template.undo, names),
                )

    def _things(self, template: Template) -> Iterable[dict[str, str]]:
        """Names of the things of the case that a template is written for."""
        case = self._case
        if not template.each:
            return ({},)
        return {
            "pods": [{"name": pod, "pod": pod.rpartition("/")[2], **_parts(pod)} for pod in case.pods],
            "nodes": [{"name": node, "node": node} for node in case.nodes],
            "identities": [{"name": one.name, "identity": identity_argument(one.name)} for one in case.identities],
            "left_behind": [_left(one) for one in case.left_behind],
            "left_behind_new": [_left(one) for one in case.left_behind if not one.is_changed],
            "left_behind_changed": [_left(one) for one in case.left_behind if one.is_changed],
        }[template.each]

    def _door_names(self) -> dict[str, str]:
        """Names for closing the door: of the root step where it names them."""
        root = next((step for step in self._case.steps if step.is_root), None)
        pod = self._case.pods[0] if self._case.pods else ""
        names = _parts(pod) | {"pod": pod.rpartition("/")[2], "node": self._case.nodes[0] if self._case.nodes else ""}
        if root is not None and root.identity:
            names["identity"] = identity_argument(root.identity)
        return names

    def _filled(self, template: str, names: Mapping[str, str], *, ready: Mapping[str, str] | None = None) -> str:
        """A command; ``ready`` holds commands that are filled in already and stand for themselves."""
        namespaced = names.get("namespace", "")
        in_namespace = f" -n {argument(namespaced, 'namespace')}" if namespaced else ""
        disk = filled(self._asked.disk_command, {**self._common, **names}) if self._asked is not None else ""
        whole = {"disk_command": disk, "login_command": "", **(ready or {})}
        if template.strip("{}") in whole:
            return whole[template.strip("{}")]
        stripped = _WITHOUT_VALUES if _is_secret(names) else ""
        template = template.replace("{in_namespace}", in_namespace).replace("{without_values}", stripped)
        return filled(template, {**self._common, **names})

    def _plain(self, what: str, command: str, *, why: str = "") -> Action:
        return Action(id="", what=what, why=why, command=self._filled(command, {}))


_PROVEN = {
    Proof.YES: "The log proves that it was read.",
    Proof.UNKNOWN: "No log proves that it was read, and none would prove the contrary: treat it as read.",
    Proof.NO: "The log would show a read and shows none.",
}


def kind_name(kind: CredentialKind) -> str:
    """A kind of credential as a sentence begins with it."""
    return kind.value.replace("-", " ").capitalize()


def _numbered(action: Action, name: str, *, within: str, duty: str, owner: StepOwner | None) -> Action:
    fields = {field: getattr(action, field) for field in action.__struct_fields__}
    return Action(
        **{
            **fields,
            "id": name,
            "within": action.within or within,
            "duty": action.duty or duty,
            "owner": action.owner or owner,
        }
    )


def _parts(name: str) -> dict[str, str]:
    """``namespace/name`` as its parts; a name alone has no namespace."""
    found = _NAMESPACED.match(name)
    namespace, thing = (found[1], found[2]) if found else ("", name)
    return {"namespace": namespace, "object": thing, "pod": thing}


def _is_secret(names: Mapping[str, str]) -> bool:
    return names.get("kind", "").casefold().startswith("secret")


def _left(one: LeftBehind) -> dict[str, str]:
    name = f"{one.kind} {one.namespace}/{one.name}" if one.namespace else f"{one.kind} {one.name}"
    file = _slug("-".join(part for part in (one.kind, one.namespace, one.name) if part))
    return {"file": file, "name": name.strip(), "kind": one.kind, "namespace": one.namespace, "object": one.name}


def _worded(template: str, names: Mapping[str, str]) -> str:
    return template.format_map(names) if names else template


def _slug(text: str) -> str:
    """A name for files."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", text)[:80]
