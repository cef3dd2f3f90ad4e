"""The common way of every credential that an issuer makes and a Secret holds.

A new Secret beside the old one; consumers are pointed to it one by one; the old one goes when nothing needs it. Where
references cannot be changed (somebody takes that back), the data of the Secret is replaced under its name, with an
immutable copy of the old data kept in the cluster until the end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from demarc.lifecycle.cluster.hands import Right, data_mark, managers_of
from demarc.lifecycle.cluster.interface import ConflictError
from demarc.lifecycle.cluster.kinds import SECRET
from demarc.lifecycle.cluster.values import SecretValues
from demarc.lifecycle.credential import Consumer, Credential
from demarc.lifecycle.plan import Phase
from demarc.lifecycle.strategies.interface import Fit, Setting
from demarc.lifecycle.strategies.issuer import Issuer
from demarc.lifecycle.strategies.repoint import CHANGED, repoint, restart, try_out
from demarc.lifecycle.strategies.residue import sweep
from demarc.lifecycle.work import StopError, Used, Work

Object = dict[str, Any]
PLAN_LABEL: Final = "demarc.dev/plan"
REPLACES: Final = "demarc.dev/replaces"
_SUFFIX: Final = re.compile(r"-r\d{8}[0-9a-f]{4}$")
_LONGEST_LABEL: Final = 63
_CLAIMS: Final = (
    "app.kubernetes.io/instance",
    "app.kubernetes.io/managed-by",
    "argocd.argoproj.io/",
    "helm.toolkit.fluxcd.io/",
    "kubernetes.io/legacy-",
    "kustomize.toolkit.fluxcd.io/",
)
"""Labels by which somebody claims an object, and those of the token machinery."""


class NewSecretStrategy:
    """A strategy made of an issuer."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuer = issuer

    @property
    def name(self) -> str:
        """Name of the strategy."""
        return self.issuer.name

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Settings of the issuer."""
        return self.issuer.settings

    @property
    def phases(self) -> Mapping[Phase, tuple[str, str]]:
        """All phases; without suspending and observing where the issuer cannot."""
        words = self.issuer.words
        found = {
            Phase.STAGE: (words["stage"], "the new one is removed at its issuer and in the cluster"),
            Phase.SWITCH: ("replace the data of the Secret, keeping a copy", "the copy is put back"),
            Phase.ROLL: ("make {consumer} take the new one", "made to take the old one again"),
            Phase.PROVE: ("see that the new one works, and that nothing uses the old one", "nothing to undo"),
        }
        if "suspend" in words:
            found[Phase.SUSPEND] = (words["suspend"], "it is turned on again")
            found[Phase.OBSERVE] = ("see that every consumer goes on", "nothing to undo")
        return {
            **found,
            Phase.REVOKE: (words["revoke"], ""),
            Phase.SWEEP: ("remove what is left of the old one", ""),
            Phase.VERIFY: ("see that the old one is refused and the new one works", "nothing to undo"),
        }

    def fit(self, credential: Credential, settings: Mapping[str, str]) -> Fit:
        """As the issuer says."""
        return self.issuer.fit(credential, settings)

    def handles(self, consumer: Consumer) -> bool:
        """Whatever has references that can be changed."""
        return consumer.kind in CHANGED

    def rights(self, credential: Credential) -> tuple[Right, ...]:
        """Rights on Secrets, and those of the issuer."""
        verbs = ("get", "create", "patch", "delete")
        own = tuple(Right(verb=verb, resource="secrets", namespace=credential.namespace) for verb in verbs)
        return own + self.issuer.rights(credential)

    def precheck(self, work: Work) -> None:
        """The Secret is the one of the plan, the issuer answers, and a dummy could be written."""
        secret = self._old_secret(work)
        if secret is None:
            raise StopError(f"Secret {work.credential.key} is gone: make a new plan")
        self._same(work, secret)
        taken = work.hands.metadata(SECRET, work.credential.namespace, self.new_name(work))
        if taken is not None and not _ours(work, taken):
            raise StopError(f"there is a Secret {self.new_name(work)} of somebody else already")
        if taken is None:
            dummy = SecretValues(dict.fromkeys(work.credential.keys or ("dummy",), b"demarc dry run"))
            # A dry run goes through admission webhooks, which see what is sent: so a dummy value is.
            work.hands.create(SECRET, work.credential.namespace, self._body(work, secret, dummy), dry_run=True)
        if work.rotation.in_place and secret.get("immutable"):
            raise StopError(
                f"Secret {work.credential.key} is immutable, and references to it would be taken back: "
                "change both where they are kept"
            )
        for consumer in work.credential.consumers if not work.rotation.in_place else ():
            if self.handles(consumer):
                try_out(work, consumer, work.credential.name, self.new_name(work))
        self.issuer.precheck(work, SecretValues.of(secret))

    def stage(self, work: Work) -> None:
        """Make the new values and the Secret that holds them; then make them valid."""
        old = self._old_secret(work)
        if old is None:
            raise StopError(f"Secret {work.credential.key} is gone: make a new plan")
        values = SecretValues.of(old)
        staged = work.hands.get(SECRET, work.credential.namespace, self.new_name(work))
        if staged is not None and not _ours(work, staged):
            raise StopError(f"there is a Secret {self.new_name(work)} of somebody else already")
        if staged is None:
            made = self.issuer.mint(work, values)
            body = self._body(work, old, made)
            work.hands.create(SECRET, work.credential.namespace, body)
        else:
            made = SecretValues.of(staged)
        work.note("old data", data_mark(old))
        self.issuer.activate(work, values, made)
        if self.issuer.works(work, made) is False:
            raise StopError("the new credential does not work at its issuer")

    def unstage(self, work: Work) -> None:
        """End the new values at the issuer, then remove their Secret."""
        namespace = work.credential.namespace
        staged = work.hands.get(SECRET, namespace, self.new_name(work))
        if staged is not None and not _ours(work, staged):
            return
        old = self._old_values(work)
        self.issuer.discard(work, old, SecretValues.of(staged) if staged is not None else None)
        for item in (staged, work.hands.get(SECRET, namespace, self._copy_name(work))):
            if item is not None and _ours(work, item):
                work.hands.delete(SECRET, item)

    def switch(self, work: Work) -> None:
        """Keep a copy of the old data, then put the new data under the old name."""
        namespace, name = work.credential.namespace, work.credential.name
        live = work.hands.get(SECRET, namespace, name)
        staged = work.hands.get(SECRET, namespace, self.new_name(work))
        if live is None or staged is None:
            raise StopError(f"Secret {work.credential.key} or what was staged for it is gone")
        if work.hands.metadata(SECRET, namespace, self._copy_name(work)) is None:
            copy = self._body(work, live, SecretValues.of(live), name=self._copy_name(work))
            work.hands.create(SECRET, namespace, {**copy, "immutable": True})
        if live.get("data") != staged.get("data"):
            kept = work.hands.get(SECRET, namespace, self._copy_name(work))
            if kept is None or kept.get("data") != live.get("data"):
                raise ConflictError(
                    f"Secret {work.credential.key} was changed by {', '.join(managers_of(live)[:2])}",
                    todo="undo, or find out who changed it",
                )
            work.hands.merge(SECRET, live, {"data": _replacing(live, staged)})
        work.note("switched", "yes")

    def unswitch(self, work: Work) -> None:
        """Put the old data back under its name."""
        namespace = work.credential.namespace
        kept = work.hands.get(SECRET, namespace, self._copy_name(work))
        live = work.hands.get(SECRET, namespace, work.credential.name)
        staged = work.hands.get(SECRET, namespace, self.new_name(work))
        if kept is not None and live is not None and live.get("data") != kept.get("data"):
            if staged is None or live.get("data") != staged.get("data"):
                raise ConflictError(
                    f"Secret {work.credential.key} was changed by {', '.join(managers_of(live)[:2])}",
                    todo="find out what was written before it is overwritten",
                )
            work.hands.merge(SECRET, live, {"data": _replacing(live, kept)})
        work.note("switched", "no")

    def roll(self, work: Work, consumer: Consumer) -> None:
        """Point a consumer to the new Secret, or restart it."""
        if not work.rotation.in_place and not consumer.by_account:
            repoint(work, consumer, work.credential.name, self.new_name(work))
        elif consumer.restarts:
            restart(work, consumer, f"{work.plan[:12]}-new")

    def unroll(self, work: Work, consumer: Consumer) -> None:
        """Point a consumer back, or restart it once the old data is back."""
        if not work.rotation.in_place and not consumer.by_account:
            repoint(work, consumer, self.new_name(work), work.credential.name, back=True)
        elif consumer.restarts:
            restart(work, consumer, f"{work.plan[:12]}-old", back=True)

    def used(self, work: Work) -> Used:
        """As the issuer knows it."""
        return self.issuer.used(work, self._old_values(work), self._new_values(work) or SecretValues({}))

    def works(self, work: Work) -> str:
        """Try the new values where that can be done."""
        new = self._new_values(work)
        if new is None:
            return f"Secret {self.new_name(work)} is gone"
        return "the new credential does not work at its issuer" if self.issuer.works(work, new) is False else ""

    def suspend(self, work: Work) -> None:
        """Turn the old values off at the issuer."""
        self.issuer.suspend(work, self._old_values(work), self._new_values(work) or SecretValues({}))

    def restore(self, work: Work) -> None:
        """Turn the old values on again at the issuer."""
        self.issuer.restore(work, self._old_values(work), self._new_values(work) or SecretValues({}))

    def revoke(self, work: Work) -> None:
        """End the old values at the issuer, see that they are refused, then remove the Secret that holds them."""
        holder = self._holder_of_old(work)
        if holder is None:
            return
        self._foreign(work, holder)
        old, new = SecretValues.of(holder), self._new_values(work)
        if new is None:
            raise StopError(f"Secret {self.new_name(work)} is gone: the old one is left as it is")
        self.issuer.destroy(work, old, new)
        tried = self.issuer.works(work, old)
        if tried:
            raise StopError("the old credential still works at its issuer", waits=True)
        work.note("old", "refused" if tried is False else "not tried")
        if work.rotation.in_place:
            staged = work.hands.get(SECRET, work.credential.namespace, self.new_name(work))
            if staged is not None:
                work.hands.delete(SECRET, staged)
        work.hands.delete(SECRET, holder)

    def sweep(self, work: Work) -> tuple[str, ...]:
        """Replica sets and copies that still refer to the old Secret, or hold its data."""
        return sweep(work, gone=None if work.rotation.in_place else work.credential.name)

    def verify(self, work: Work) -> str:
        """The old one is gone and was refused; the new one works."""
        if self._holder_of_old(work) is not None:
            return "the Secret with the old credential is still there"
        new = self._new_values(work)
        if new is None:
            return "the Secret with the new credential is gone"
        return "the new credential does not work at its issuer" if self.issuer.works(work, new) is False else ""

    def new_name(self, work: Work) -> str:
        """Name of the new Secret: that of the old one, with the plan's suffix instead of an earlier one."""
        return new_name(work.credential.name, work.suffix)

    def _copy_name(self, work: Work) -> str:
        return f"{work.credential.name}-before-{work.suffix}"

    def _old_secret(self, work: Work) -> Object | None:
        return work.hands.get(SECRET, work.credential.namespace, work.credential.name)

    def _holder_of_old(self, work: Work) -> Object | None:
        """The Secret in which the old values lie: after a switch that is the copy."""
        name = self._copy_name(work) if work.rotation.in_place else work.credential.name
        found = work.hands.get(SECRET, work.credential.namespace, name)
        return None if found is None and work.rotation.in_place and work.fact("switched") != "yes" else found

    def _old_values(self, work: Work) -> SecretValues:
        switched = work.rotation.in_place and work.fact("switched") == "yes"
        name = self._copy_name(work) if switched else work.credential.name
        found = work.hands.get(SECRET, work.credential.namespace, name)
        if found is None:
            raise StopError(f"Secret {work.credential.namespace}/{name} is gone: somebody deleted it")
        return SecretValues.of(found)

    def _new_values(self, work: Work) -> SecretValues | None:
        found = work.hands.get(SECRET, work.credential.namespace, self.new_name(work))
        if found is None and work.rotation.in_place and work.fact("switched") == "yes":
            found = work.hands.get(SECRET, work.credential.namespace, work.credential.name)
        return SecretValues.of(found) if found is not None else None

    def _same(self, work: Work, secret: Object) -> None:
        if work.credential.uid and secret["metadata"]["uid"] != work.credential.uid:
            raise ConflictError(
                f"Secret {work.credential.key} was made anew since the plan was made", todo="make a new plan"
            )

    def _foreign(self, work: Work, holder: Object) -> None:
        """Nobody else may have changed the old one meanwhile: what would go is not what the plan is about."""
        if work.rotation.in_place:
            return  # it is our own copy, and immutable
        self._same(work, holder)
        if data_mark(holder) != work.fact("old data"):
            raise ConflictError(
                f"Secret {work.credential.key} was written by somebody else since its successor was made: "
                f"{data_mark(holder)}",
                todo="find out what was written; undo, then make a new plan",
            )

    def _body(self, work: Work, like: Object, values: SecretValues, *, name: str = "") -> Object:
        """A Secret of ours: type and labels of the old one, without what says that somebody else keeps it."""
        return {
            "metadata": {
                "name": name or self.new_name(work),
                "labels": {**_plain(like["metadata"].get("labels") or {}), PLAN_LABEL: work.plan[:_LONGEST_LABEL]},
                "annotations": {REPLACES: work.credential.name},
            },
            "type": self._type(like),
            "data": values.encoded(),
        }

    def _type(self, like: Object) -> str:
        kind = str(like.get("type", "Opaque"))
        # The token controller would fill a Secret of this type with a token of its own.
        return "Opaque" if kind == "kubernetes.io/service-account-token" else kind


def new_name(name: str, suffix: str) -> str:
    """Name of the Secret that takes the place of another."""
    return f"{_SUFFIX.sub('', name)}-{suffix}"


def _plain(labels: Mapping[str, str]) -> dict[str, str]:
    """Labels without those by which somebody claims an object, and those of the token machinery."""
    foreign = (
        "argocd.argoproj.io/",
        "kustomize.toolkit.fluxcd.io/",
        "helm.toolkit.fluxcd.io/",
        "kubernetes.io/legacy-",
    )
    return {
        name: value
        for name, value in labels.items()
        if not name.startswith(foreign) and name not in ("app.kubernetes.io/managed-by", "app.kubernetes.io/instance")
    }


def _ours(work: Work, item: Object) -> bool:
    return (item["metadata"].get("labels") or {}).get(PLAN_LABEL) == work.plan[:_LONGEST_LABEL]


def _replacing(live: Object, other: Object) -> dict[str, str | None]:
    """A merge patch that turns the data of one Secret into that of another."""
    wanted = other.get("data") or {}
    gone = dict.fromkeys(key for key in live.get("data") or {} if key not in wanted)
    return {**gone, **wanted}
