"""A legacy token that nobody needs any more: turned off, watched, deleted. Nothing takes its place.

Also how a credential goes whose owner goes.
"""

from __future__ import annotations

from collections.abc import Mapping

from demarc.lifecycle.cluster.hands import Right
from demarc.lifecycle.cluster.interface import ConflictError
from demarc.lifecycle.cluster.kinds import SECRET
from demarc.lifecycle.cluster.values import SecretValues
from demarc.lifecycle.credential import Consumer, Credential, CredentialKind
from demarc.lifecycle.plan import Phase
from demarc.lifecycle.strategies.interface import Fit, Setting
from demarc.lifecycle.strategies.legacy_token import invalidate, last_use, validate
from demarc.lifecycle.strategies.plain import PlainStrategy
from demarc.lifecycle.work import StopError, Used, Work


class RetireStrategy(PlainStrategy):
    """Turns a legacy token off and deletes it."""

    name = "retire"
    settings: tuple[Setting, ...] = ()
    phases: Mapping[Phase, tuple[str, str]] = {
        Phase.PROVE: ("see that nothing uses it", "nothing to undo"),
        Phase.SUSPEND: ("label the token as invalid (legacy-token-invalid-since)", "the label is taken away"),
        Phase.OBSERVE: ("see that everything goes on", "nothing to undo"),
        Phase.REVOKE: ("see the token refused, and delete its Secret", ""),
        Phase.VERIFY: ("see that it is gone", "nothing to undo"),
    }

    def fit(self, credential: Credential, settings: Mapping[str, str]) -> Fit:
        """For a legacy token to which nothing in the cluster refers."""
        if credential.kind is not CredentialKind.LEGACY_TOKEN:
            return Fit(problem="only a legacy token can be turned off first, to see who misses it")
        used = [one.key for one in credential.consumers if one.kind != "External"]
        if used:
            return Fit(problem=f"{', '.join(used)} still refer to it", todo="rotate it, or remove them first")
        return Fit(
            why="nothing in the cluster refers to it; turned off before it is deleted, so that who misses it shows",
            unseen=("what uses the token from outside the cluster, but for what the API server noted",),
        )

    def handles(self, consumer: Consumer) -> bool:
        """What is outside has to be told by a person."""
        return False

    def rights(self, credential: Credential) -> tuple[Right, ...]:
        """To label, review and delete the token."""
        verbs = ("get", "patch", "delete")
        own = tuple(Right(verb=verb, resource="secrets", namespace=credential.namespace) for verb in verbs)
        return (*own, Right(verb="create", resource="tokenreviews", group="authentication.k8s.io"))

    def precheck(self, work: Work) -> None:
        """It is the Secret of the plan."""
        found = work.hands.metadata(SECRET, work.credential.namespace, work.credential.name)
        if found is None:
            raise StopError(f"Secret {work.credential.key} is gone: nothing to do")
        if work.credential.uid and found["metadata"]["uid"] != work.credential.uid:
            raise ConflictError(f"Secret {work.credential.key} was made anew since", todo="make a new plan")

    def used(self, work: Work) -> Used:
        """As the API server notes it."""
        return last_use(work)

    def suspend(self, work: Work) -> None:
        """The label of Kubernetes itself."""
        invalidate(work)

    def restore(self, work: Work) -> None:
        """Take the label away."""
        validate(work)

    def revoke(self, work: Work) -> None:
        """Delete it once it is seen refused."""
        found = work.hands.get(SECRET, work.credential.namespace, work.credential.name)
        if found is None:
            return
        self.precheck(work)
        invalidate(work)
        refuse_and_delete(work)

    def verify(self, work: Work) -> str:
        """It is gone."""
        found = work.hands.metadata(SECRET, work.credential.namespace, work.credential.name)
        return "" if found is None else "the Secret is still there"


def refuse_and_delete(work: Work) -> None:
    """See that a token that was turned off is refused, then delete its Secret."""
    found = work.hands.get(SECRET, work.credential.namespace, work.credential.name)
    if found is None:
        return
    token = SecretValues.of(found).text("token")
    if token and work.hands.accepts(token):
        raise StopError(
            "the API server still accepts the token: does it run with --service-account-lookup=false?", waits=True
        )
    work.note("old", "refused" if token else "not tried")
    work.hands.delete(SECRET, found)
