"""What Kubernetes itself offers for legacy tokens: a label that turns one off, one that says when it was used last.

Facts: KEP-2799. The label of the last use is written once a day at most, and only while tracking is on, which a
ConfigMap in kube-system tells; without it nothing is known, and never "unused".
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from demarc.lifecycle.cluster.hands import Object
from demarc.lifecycle.cluster.kinds import CONFIG_MAP, SECRET
from demarc.lifecycle.work import StopError, Used, Work
from demarc.model.time import instant

INVALID_SINCE: Final = "kubernetes.io/legacy-token-invalid-since"
LAST_USED: Final = "kubernetes.io/legacy-token-last-used"
TRACKING: Final = ("kube-system", "kube-apiserver-legacy-service-account-token-tracking")
ACCOUNT: Final = "kubernetes.io/service-account.name"


def invalidate(work: Work) -> None:
    """Turn a token off."""
    found = _secret(work)
    if INVALID_SINCE not in (found["metadata"].get("labels") or {}):
        day = work.tools.now().astimezone(UTC).date().isoformat()
        work.note("turned off by us", day)  # first: what Kubernetes turned off before is never turned on by an undo
        work.hands.merge(SECRET, found, {"metadata": {"labels": {INVALID_SINCE: day}}})


def validate(work: Work) -> None:
    """Turn a token on again, if it was us who turned it off."""
    found = _secret(work)
    if work.fact("turned off by us") and INVALID_SINCE in (found["metadata"].get("labels") or {}):
        work.hands.merge(SECRET, found, {"metadata": {"labels": {INVALID_SINCE: None}}})


def last_use(work: Work) -> Used:
    """When the token was used last: the audit trail knows the second, the label the day."""
    found = _secret(work)
    since = instant(work.fact("quiet since")) if work.fact("quiet since") else work.tools.now()
    if work.tools.uses is not None:
        used = work.tools.uses.of_legacy_token(work.credential.namespace, work.credential.name, since)
        if used.known or used.last is not None:
            return used
    tracking = work.hands.get(CONFIG_MAP, *TRACKING)
    if tracking is None:
        return Used(known=False, says="the cluster does not note uses of tokens, and no audit trail was given")
    day = (found["metadata"].get("labels") or {}).get(LAST_USED, "")
    if not day:
        return Used(known=True, says=f"never used since {(tracking.get('data') or {}).get('since', 'tracking began')}")
    # All that is known is the day: a use today may have been before we began, so it counts from the next day on.
    last = instant(day)
    if last.date() > since.date():
        return Used(known=True, last=last, says=f"last used on {day}")
    if last.date() == since.date() and work.tools.now() < _day_after(last):
        return Used(known=False, says=f"used on {day}, maybe before its successor was in use: known from tomorrow on")
    return Used(known=True, says=f"last used on {day}")


def _day_after(day: datetime) -> datetime:
    return day + timedelta(days=1)


def _secret(work: Work) -> Object:
    found = work.hands.metadata(SECRET, work.credential.namespace, work.credential.name)
    if found is None:
        raise StopError(f"Secret {work.credential.key} is gone: somebody deleted it")
    return found
