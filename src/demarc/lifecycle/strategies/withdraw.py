"""A grant that is taken away: one subject out of a binding, or the binding with its last one. The rest keeps it.

The binding as it was lies in the journal before anything is written, so there is a way back at any time. Where a
narrower role was decided on, that one is given first. In the end the API server itself is asked as the subject.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from demarc.access.bindings import subject_of
from demarc.collect.live.kinds import Resource
from demarc.lifecycle.cluster.hands import Right
from demarc.lifecycle.cluster.interface import RefusedError
from demarc.lifecycle.cluster.kinds import CLUSTER_ROLE_BINDING, resource_of
from demarc.lifecycle.credential import Consumer, Credential, Given
from demarc.lifecycle.plan import Phase
from demarc.lifecycle.proof import UNSEEN, USED
from demarc.lifecycle.strategies.interface import Fit
from demarc.lifecycle.strategies.new_secret import PLAN_LABEL
from demarc.lifecycle.strategies.plain import PlainStrategy
from demarc.lifecycle.work import StopError, Used, Work
from demarc.model.kubernetes import SubjectReference
from demarc.model.time import iso

Object = dict[str, Any]
WITHDRAW: Final = "withdraw"
_GROUP: Final = "rbac.authorization.k8s.io"
_EVERYBODYS: Final = ("system:authenticated", "system:unauthenticated", "system:serviceaccounts")
"""Groups that everybody is in: who carries it out is, too, and hangs on none of them alone."""
_KEPT: Final = ("labels", "annotations")


class WithdrawStrategy(PlainStrategy):
    """Takes a subject out of a binding."""

    name = WITHDRAW
    phases: Mapping[Phase, tuple[str, str]] = {
        Phase.PRECHECK: (
            "check the own rights, who is left, and the way back (dry run); lock the binding",
            "the lock is given up",
        ),
        Phase.STAGE: ("see whether it was used of late; keep the binding in the journal", "nothing to undo"),
        Phase.SUSPEND: ("take {subject} out of {binding}", "put back as it was"),
        Phase.OBSERVE: ("see that what runs goes on", "nothing to undo"),
        Phase.VERIFY: ("ask the API server as {subject}: refused", "nothing to undo"),
    }

    def fit(self, credential: Credential, settings: Mapping[str, str]) -> Fit:
        """For a grant by RBAC."""
        given = credential.given
        if given is None:
            return Fit(problem="it is no grant")
        unseen = [] if given.user.startswith("system:serviceaccount:") or not given.user else [_GROUPS_UNSEEN]
        instead = f"; it gets {given.narrower} instead" if given.narrower else ""
        kept = f", which {given.others} others keep" if given.others else ""
        return Fit(
            why=f"{given.subject} is taken out of {given.kind} {credential.place} of {given.role}{kept}{instead}",
            outage=(given.used,) if given.used else (),
            unseen=tuple(unseen),
        )

    def handles(self, consumer: Consumer) -> bool:
        """Nothing has to be given to anybody."""
        return True

    def rights(self, credential: Credential) -> tuple[Right, ...]:
        """To take away and to put back; to ask as somebody else."""
        resource = _resource(credential)
        found = [
            Right(verb=verb, resource=resource.plural, group=_GROUP, namespace=credential.namespace)
            for verb in ("get", "create", "patch", "delete")
        ]
        return (*found, Right(verb="create", resource="subjectaccessreviews", group="authorization.k8s.io"))

    def precheck(self, work: Work) -> None:
        """It is the binding of the plan; nobody is locked out; and it could be put back."""
        given, found = _given(work), self._there(work)
        if not _own(work, found):
            raise StopError(f"{_name(work)} does not name {given.subject} any more: nothing to do")
        _not_oneself(work)
        _somebody_left(work)
        body = _body(found, f"{work.credential.name}-{work.suffix}", _own(work, found))
        try:
            work.hands.create(_resource(work.credential), work.credential.namespace, body, dry_run=True)
        except RefusedError as error:
            raise StopError(f"you could not put it back: {error}; let somebody do it who holds {given.role}") from error

    def stage(self, work: Work) -> None:
        """Keep what is there, look at its use, and give the narrower role where one was decided on."""
        found = self._there(work)
        work.note("binding", json.dumps(_kept(found), sort_keys=True))
        _unused(work)
        if _given(work).narrower:
            self._give_narrower(work, found)

    def unstage(self, work: Work) -> None:
        """Take the narrower role away again."""
        if not _given(work).narrower:
            return
        resource, name = _resource(work.credential), _narrower_name(work)
        found = work.hands.get(resource, work.credential.namespace, name)
        if found is not None and _is_of_plan(work, found):
            work.hands.delete(resource, found)

    def suspend(self, work: Work) -> None:
        """Take the subject out; the last one with its binding."""
        resource = _resource(work.credential)
        found = work.hands.get(resource, work.credential.namespace, work.credential.name)
        if found is None or not (own := _own(work, found)):
            return
        self._same(work, found)
        rest = [one for one in found.get("subjects") or () if one not in own]
        if rest:
            work.hands.merge(resource, found, {"subjects": rest})
        else:
            work.hands.delete(resource, found)

    def restore(self, work: Work) -> None:
        """Put the subject back; with its binding where that is gone."""
        if not work.fact("binding"):
            return
        kept: Object = json.loads(work.fact("binding"))
        own, resource = _own(work, kept), _resource(work.credential)
        found = work.hands.get(resource, work.credential.namespace, work.credential.name)
        if found is None:
            made = work.hands.create(resource, work.credential.namespace, _body(kept, work.credential.name, own))
            work.note("uid", made["metadata"]["uid"])
            return
        if found["roleRef"] != kept["roleRef"]:
            raise StopError(f"another binding is called {_name(work)} by now: put {_given(work).subject} back by hand")
        lacking = [one for one in own if one not in (found.get("subjects") or ())]
        if lacking:
            work.hands.merge(resource, found, {"subjects": [*(found.get("subjects") or ()), *lacking]})
        work.note("uid", found["metadata"]["uid"])

    def verify(self, work: Work) -> str:
        """Nothing names the subject there, and the API server refuses it what this binding alone gave."""
        given = _given(work)
        found = work.hands.get(_resource(work.credential), work.credential.namespace, work.credential.name)
        if found is not None and _own(work, found):
            return f"{_name(work)} names {given.subject} again"
        for right in given.denied:
            if why := work.hands.allows(given.user, given.groups, right):
                return f"{given.subject} may still {right}: {why}"
        asked = f"refused as {given.subject}: {'; '.join(str(one) for one in given.denied)}"
        work.note("proof", asked if given.denied else "not named there any more; it gave nothing that others do not")
        return ""

    def _there(self, work: Work) -> Object:
        found = work.hands.get(_resource(work.credential), work.credential.namespace, work.credential.name)
        if found is None:
            raise StopError(f"{_name(work)} is gone: nothing to do")
        self._same(work, found)
        return found

    def _same(self, work: Work, found: Object) -> None:
        """Another binding of this name is somebody else's decision."""
        role = f"{found['roleRef']['kind']} {found['roleRef']['name']}"
        uids = {work.credential.uid, work.fact("uid")} - {""}
        if (uids and found["metadata"]["uid"] not in uids) or role != _given(work).role:
            raise StopError(f"{_name(work)} was made anew since: make a new plan")

    def _give_narrower(self, work: Work, found: Object) -> None:
        resource, name = _resource(work.credential), _narrower_name(work)
        there = work.hands.get(resource, work.credential.namespace, name)
        if there is not None:
            if not _is_of_plan(work, there):
                raise StopError(f"there is a {resource.kind} {name} of somebody else already")
            return
        kind, _, role = _given(work).narrower.partition(" ")
        body: Object = {
            "metadata": {"name": name, "labels": {PLAN_LABEL: work.plan[:16]}},
            "roleRef": {"apiGroup": _GROUP, "kind": kind, "name": role},
            "subjects": _own(work, found),
        }
        work.hands.create(resource, work.credential.namespace, body)


_GROUPS_UNSEEN: Final = "what the groups give that its login puts it in: the API server is asked without them"


def _given(work: Work) -> Given:
    given = work.credential.given
    if given is None:
        raise StopError("it is no grant")
    return given


def _name(work: Work) -> str:
    return f"{_given(work).kind} {work.credential.place}"


def _resource(credential: Credential) -> Resource:
    return resource_of("RoleBinding" if credential.namespace else "ClusterRoleBinding")


def _own(work: Work, item: Object) -> list[Object]:
    """The entries among the subjects of a binding that mean the subject, however they are written."""
    return [one for one in item.get("subjects") or () if _means(one, work.credential.namespace) == _given(work).subject]


def _means(entry: Object, namespace: str) -> str:
    reference = SubjectReference(
        kind=entry.get("kind", ""), name=entry.get("name", ""), namespace=entry.get("namespace", "")
    )
    return str(subject_of(reference, namespace))


def _kept(item: Object) -> Object:
    """What is needed to make a binding again."""
    metadata = {key: item["metadata"][key] for key in _KEPT if item["metadata"].get(key)}
    return {"metadata": metadata, "roleRef": item["roleRef"], "subjects": item.get("subjects") or []}


def _body(item: Object, name: str, subjects: Sequence[Object]) -> Object:
    return {**_kept(item), "metadata": {**_kept(item)["metadata"], "name": name}, "subjects": list(subjects)}


def _narrower_name(work: Work) -> str:
    return f"{work.credential.name}-{work.suffix}"


def _is_of_plan(work: Work, item: Object) -> bool:
    return (item["metadata"].get("labels") or {}).get(PLAN_LABEL) == work.plan[:16]


def _not_oneself(work: Work) -> None:
    """Whoever carries it out is not whom it is taken from: they could neither go on nor back."""
    kind, _, name = _given(work).subject.partition(" ")
    try:
        user, groups = work.hands.oneself()
    except RefusedError as error:
        if UNSEEN in work.state.confirmed:
            return
        raise StopError(f"it cannot be told who you are here: {error}; --confirm {UNSEEN}", waits=True) from error
    account = f"system:serviceaccount:{name.replace('/', ':', 1)}"
    if (kind == "User" and name == user) or (kind == "ServiceAccount" and account == user):
        raise StopError("you would take it from yourself: somebody else has to carry it out")
    if kind == "Group" and name in groups and not name.startswith(_EVERYBODYS):
        raise StopError(f"you are in {name} yourself: somebody else has to carry it out")


def _somebody_left(work: Work) -> None:
    """Of a way to cluster-admin: another one that the plan knew is still there."""
    given = _given(work)
    if not given.admin:
        return
    for way in given.admins:
        if not way.binding:
            return
        found = work.hands.get(CLUSTER_ROLE_BINDING, "", way.binding)
        if found is not None and any(_means(one, "") == way.subject for one in found.get("subjects") or ()):
            return
    raise StopError("nobody else would be left with cluster-admin: give it to somebody first, and make a new plan")


def _unused(work: Work) -> None:
    """What the trail shows of the window before; what nobody can tell, or is still used, a person confirms."""
    given = _given(work)
    since = work.tools.now() - timedelta(seconds=work.rotation.quiet)
    used = (
        work.tools.uses.of_grant(given.reason, since)
        if work.tools.uses is not None
        else Used(known=False, says="no audit trail was given")
    )
    if used.last is not None and used.last > since and USED not in work.state.confirmed:
        raise StopError(f"{given.subject} still uses it ({used.says}): tell them, then --confirm {USED}", waits=True)
    if not used.known and not work.state.confirmed.intersection((UNSEEN, USED)):
        raise StopError(
            f"nobody can tell whether it is used ({used.says}): --audit-log FILE, or --confirm {UNSEEN}", waits=True
        )
    work.note("unused", used.says if used.known else f"confirmed by a person at {iso(work.tools.now())}")
