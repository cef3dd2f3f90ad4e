"""One rotation of a credential at a time: a Lease beside it, held by the plan that is being carried out."""

from __future__ import annotations

import hashlib
import re

from demarc.lifecycle.cluster.hands import Object
from demarc.lifecycle.cluster.interface import ConflictError
from demarc.lifecycle.cluster.kinds import LEASE
from demarc.lifecycle.work import StopError, Work


def lease_name(work: Work) -> str:
    """Name of the Lease of a credential."""
    digest = hashlib.sha256(work.credential.key.encode()).hexdigest()[:8]
    # Names of bindings may hold what those of other objects may not.
    name = re.sub(r"[^a-z0-9.-]", "-", work.credential.name[:200].lower())
    return f"demarc-{name}-{digest}"


def take(work: Work) -> None:
    """Take the Lease, or find that this plan has it already. Raises StopError when another has it."""
    name, holder = lease_name(work), _holder(work)
    try:
        body: Object = {"metadata": {"name": name}, "spec": {"holderIdentity": holder}}
        work.hands.create(LEASE, work.credential.lock_space, body)
    except ConflictError:
        found = work.hands.get(LEASE, work.credential.lock_space, name)
        other = (found or {}).get("spec", {}).get("holderIdentity", "")
        if other != holder:
            raise StopError(
                f"another plan ({other or 'unknown'}) is at this credential: finish or undo that one first, "
                f"or delete Lease {work.credential.lock_space}/{name} when it was given up"
            ) from None


def release(work: Work) -> None:
    """Give the Lease up, where this plan has it."""
    found = work.hands.get(LEASE, work.credential.lock_space, lease_name(work))
    if found is not None and found.get("spec", {}).get("holderIdentity") == _holder(work):
        work.hands.delete(LEASE, found)


def _holder(work: Work) -> str:
    return f"demarc-plan-{work.plan[:16]}"
