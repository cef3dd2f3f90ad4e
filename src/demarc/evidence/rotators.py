"""Who rotates credentials: the ledger's rotations, writes of Secrets in the audit trail, and dates that issuers keep.

A controller that writes a Secret carries out; that is no word of whoever answers for it. Field managers and issuers
tell when, and not who.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from demarc.access.delivery import Delivery, PipelineSecret
from demarc.access.node_graph import container_references, volume_references
from demarc.evidence.accounts import is_machine
from demarc.evidence.bypass import actor_of
from demarc.evidence.changes import moment
from demarc.evidence.ground import Ground
from demarc.evidence.judge import MISSING, Doer, Named, doer, judged, named, when
from demarc.inventory.records import words
from demarc.model.assessment import MatrixRow
from demarc.model.duties import Unit
from demarc.model.evidence import Grade
from demarc.model.kubernetes import CronJob, IssuedCertificate, Pod, PodSpec, Secret, WorkloadObject
from demarc.model.ledger import Entry, moment_of
from demarc.model.roles import Role, RoleEvidence, Witness
from demarc.model.snapshot import Snapshot

OWN: Final = frozenset({"secret.rotation", "secret.certificates", "supply.pipeline-credentials"})
"""Duties that are to rotate: no other duty has anything that a rotator would do."""
_ACCOUNT: Final = "kubernetes.io/service-account.name"
_TEMPLATES: Final = ("Deployment.apps", "DaemonSet.apps", "StatefulSet.apps", "Job.batch")
_WRITES: Final = frozenset({"create", "update", "patch"})
_ROTATED: Final = frozenset({"rotated", "retired", "confirmed", ""})
_CARRIES_OUT: Final = "it carries out; who answers for it is not shown"
_SUBJECT: Final = "secret.rotation @ "
_TODO: Final = (
    "record rotations in the ledger (demarc nhi apply, demarc ledger append), or give the audit trail of the API "
    "server: --events"
)


class Rotators:
    """Answers for rows, with what belongs to an identity worked out once."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._secrets = held_secrets(ground.snapshot)
        self._pipelines = _by_repository(Delivery(ground.snapshot))
        self._objects = {
            (item.metadata.namespace, item.metadata.name): item for item in ground.snapshot.all("Secret", Secret)
        }
        self._keys = tuple(
            (words(record.body, "UserName"), moment(words(record.body, "CreateDate")))
            for record in ground.snapshot.of("aws.iamAccessKey")
        )
        self._entries: dict[str, list[Entry]] = defaultdict(list)
        for entry in ground.rotations or ():
            self._entries[entry.subject].append(entry)

    def rotator(self, row: MatrixRow) -> RoleEvidence | None:
        """What evidence says of the rotator of a row; None where it has nothing to rotate."""
        holder = named(Role.ROTATOR, row, OWN, self._ground.tenures) if row.duty in OWN else None
        if holder is None:
            return None
        if row.scope.kind is Unit.PIPELINE:
            witnesses = [*self._recorded((row.scope.name,), holder), *self._of_pipeline(row)]
            return self._judged(row, holder, witnesses, self._nothing("no secret of it was given"))
        secrets = self._secrets.get(row.scope.name, ())
        names = [f"{namespace}/{name}" for namespace, name in secrets]
        witnesses = [
            *self._recorded((*names, row.scope.name), holder),
            *self._written(secrets, holder),
            *self._managed(secrets),
            *self._made(row, holder),
            *self._issued(row),
        ]
        return self._judged(row, holder, witnesses, self._nothing("no rotation of a credential of it was given"))

    def _nothing(self, said: str) -> str:
        """What is missing: that none was found, or that nobody was asked."""
        ground = self._ground
        asked = ground.trail is not None or ground.rotations is not None or ground.cloud is not None
        return said if asked else "no ledger, audit trail or trail of the cloud was given"

    def _judged(self, row: MatrixRow, holder: Named, witnesses: list[Witness], nothing: str) -> RoleEvidence:
        return judged(row, Role.ROTATOR, holder, witnesses, nothing=nothing, todo=_TODO)

    def _recorded(self, names: Iterable[str], holder: Named) -> Iterator[Witness]:
        """Rotations that the ledger holds. Whoever approved one had it done."""
        for entry in (entry for name in dict.fromkeys(names) for entry in self._entries.get(f"{_SUBJECT}{name}", ())):
            at = moment_of(entry.valid_from or entry.recorded_at)
            if _body(entry, "what") in _ROTATED and self._ground.counts(at, holder.since):
                did = doer(_who(entry, self._ground), holder, self._ground.accounts, at)
                says = f"had {entry.subject.removeprefix(_SUBJECT)} replaced"
                yield _acted(did, says, source=f"ledger entry {entry.seq}", grade=Grade.WRITTEN, at=at)

    def _by(self, account: str, holder: Named, at: datetime) -> Doer:
        """Whether whoever did it is whom the register names; of a machine, that it only carries out."""
        did = doer(account, holder, self._ground.accounts, at)
        return did if not is_machine(account) else replace(did, says=_CARRIES_OUT, todo="")

    def _written(self, secrets: Iterable[tuple[str, str]], holder: Named) -> Iterator[Witness]:
        trail = self._ground.trail
        for namespace, name in secrets if trail is not None else ():
            for change in trail.changes_of.get(("", "secrets", namespace, name), ()) if trail is not None else ():
                if change.verb not in _WRITES or not self._ground.counts(change.last, holder.since):
                    continue
                did = self._by(actor_of(change), holder, change.last)
                yield _acted(
                    did,
                    f"wrote Secret {namespace}/{name}",
                    source=f"audit trail {trail.origin if trail else ''}, {change.audit_id}",
                    grade=Grade.WRITTEN,
                    at=change.last,
                )

    def _managed(self, secrets: Iterable[tuple[str, str]]) -> Iterator[Witness]:
        for secret in (found for key in secrets if (found := self._objects.get(key))):
            # What else is written to a Secret, such as when its token was last used, is no rotation.
            keys = frozenset(secret.key_changes.values())
            entries = [entry for entry in secret.metadata.managed_fields or () if entry.time in keys]
            times = [(at, entry.manager) for entry in entries if (at := moment(entry.time))]
            if times and self._ground.counts(max(times)[0]):
                at, manager = max(times)
                yield Witness(
                    says=f"Secret {secret.key} was last written with {manager or 'a tool without a name'}: "
                    "by whom is not shown",
                    who="",
                    source="field managers",
                    grade=Grade.WRITTEN,
                    at=when(at),
                    verdict=MISSING,
                )

    def _made(self, row: MatrixRow, holder: Named) -> Iterator[Witness]:
        """Who made, switched off or deleted a lasting key of the identity, as the cloud's own trail has it."""
        for one in self._ground.keys.of(row.scope.name):
            if self._ground.counts(one.at, holder.since):
                did = self._by(one.who, holder, one.at)
                says = f"{one.did} of {one.target}"
                yield _acted(did, says, source=f"the cloud's trail, {one.id}", grade=Grade.ANSWERED, at=one.at)

    def _issued(self, row: MatrixRow) -> Iterator[Witness]:
        """Access keys of a cloud's user, by the date at which they were made."""
        for user, made in self._keys:
            if user and row.scope.name.endswith((f":user/{user}", f"/{user}")) and made is not None:
                says = f"an access key of {user} was made: by whom is not shown"
                yield _dated(says, "AWS IAM, list-access-keys", when(made))

    def _of_pipeline(self, row: MatrixRow) -> Iterator[Witness]:
        for secret in self._pipelines.get(row.scope.name, ()):
            says = f"pipeline secret {secret.name} was last written: by whom is not shown"
            yield _dated(says, f"{secret.system}, list of secrets", when(moment(secret.updated)))


def _acted(did: Doer, says: str, *, source: str, grade: Grade, at: datetime) -> Witness:
    """A witness that somebody did something."""
    return Witness(
        says=f"{did.who} {says}" + (f": {did.says}" if did.says else ""),
        who=did.who,
        source=source,
        grade=grade,
        at=when(at),
        verdict=did.verdict,
        todo=did.todo,
    )


def _by_repository(delivery: Delivery) -> dict[str, list[PipelineSecret]]:
    found: dict[str, list[PipelineSecret]] = defaultdict(list)
    for secret in delivery.secrets:
        found[secret.repository].append(secret)
    return found


def _dated(says: str, source: str, at: str) -> Witness:
    return Witness(says=says, who="", source=source, grade=Grade.ANSWERED, at=at, verdict=MISSING)


def _who(entry: Entry, ground: Ground) -> str:
    """Whoever approved it and is somebody, else whoever recorded it."""
    approved = (entry.body or {}).get("approved_by")
    names = [name for name in approved if isinstance(name, str)] if isinstance(approved, list) else []
    return next((name for name in names if ground.accounts.person(name)), entry.actor)


def _body(entry: Entry, name: str) -> str:
    found = (entry.body or {}).get(name)
    return found if isinstance(found, str) else ""


def held_secrets(snapshot: Snapshot) -> dict[str, tuple[tuple[str, str], ...]]:
    """Secrets, as namespace and name, by the identity that proves itself with them or whose pods read them.

    Identities are named as scopes: ``payments/ServiceAccount/api``, ``shop/Secret/tls``, ``shop/Certificate/shop``.
    """
    found: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
    for secret in snapshot.all("Secret", Secret):
        namespace, name = secret.metadata.namespace, secret.metadata.name
        found[f"{namespace}/Secret/{name}"][namespace, name] = None
        account = secret.annotations.get(_ACCOUNT)
        if account:
            found[f"{namespace}/ServiceAccount/{account}"][namespace, name] = None
    for certificate in snapshot.all("Certificate.cert-manager.io", IssuedCertificate):
        namespace = certificate.metadata.namespace
        found[f"{namespace}/Certificate/{certificate.metadata.name}"][namespace, certificate.spec.secret_name] = None
    for namespace, spec in _specs(snapshot):
        account = spec.service_account_name or "default"
        for name in _named(spec):
            found[f"{namespace}/ServiceAccount/{account}"][namespace, name] = None
    return {identity: tuple(names) for identity, names in found.items()}


def _specs(snapshot: Snapshot) -> Iterator[tuple[str, PodSpec]]:
    for pod in snapshot.all("Pod", Pod):
        yield pod.metadata.namespace, pod.spec
    for kind in _TEMPLATES:
        for item in snapshot.all(kind, WorkloadObject):
            yield item.metadata.namespace, item.spec.template.spec
    for job in snapshot.all("CronJob.batch", CronJob):
        yield job.metadata.namespace, job.spec.job_template.spec.template.spec


def _named(spec: PodSpec) -> Iterator[str]:
    parts: list[Any] = [*spec.containers, *(spec.init_containers or ())]
    for container in parts:
        yield from (name for resource, name in container_references(container) if resource == "secrets")
    for volume in spec.volumes or ():
        yield from (name for resource, name in volume_references(volume) if resource == "secrets")
