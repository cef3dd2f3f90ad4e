"""What the cloud's own trail adds: CloudTrail as it is exported, and the detections that only it can show.

Reads no file itself. Parameters that may hold values are not kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct

from demarc.model.detections import Place, Sighting
from demarc.model.errors import DemarcError, Where

_ROLE = re.compile(r"^arn:aws[\w-]*:sts::(\d+):assumed-role/([^/]+)/")
WEB_IDENTITY: Final = "AssumeRoleWithWebIdentity"


class CloudCall(Struct, frozen=True, kw_only=True):
    """One call to the cloud's API."""

    at_us: int
    name: str
    """``AssumeRoleWithWebIdentity``."""
    service: str
    """``sts.amazonaws.com``."""
    caller: str
    """User name of the service account that a token was of, else the ARN of the caller."""
    address: str
    agent: str
    role: str = ""
    """ARN of the role that was taken on, or under which the call was made."""
    object: str = ""
    """Name of what was asked for: a cluster, a bucket, the id of a secret."""
    failed: bool = False
    id: str = ""
    logging_off: bool = False
    """The call switched the cluster's logging off."""

    @property
    def account(self) -> str:
        """The Kubernetes service account behind the call, as its user name; empty for other callers."""
        return self.caller if self.caller.startswith("system:serviceaccount:") else ""


def read_cloud_trail(data: bytes, *, origin: str) -> tuple[CloudCall, ...]:
    """Read ``aws cloudtrail lookup-events`` output, a log file of CloudTrail, or JSON lines of its records.

    Raises DemarcError for what is neither.
    """
    try:
        found = msgspec.json.decode(data)
    except msgspec.DecodeError:
        try:
            found = [msgspec.json.decode(line) for line in data.splitlines() if line.strip()]
        except msgspec.DecodeError as error:
            raise DemarcError(
                f"not a trail of the cloud: {error}",
                where=Where(file=origin),
                todo="give the output of aws cloudtrail lookup-events, or a log file of CloudTrail",
            ) from error
    records = list(_records(found))
    if not records:
        raise DemarcError(
            "no CloudTrail record in it",
            where=Where(file=origin),
            todo="give the output of aws cloudtrail lookup-events, or a log file of CloudTrail",
        )
    return tuple(sorted((_call(one) for one in records), key=lambda call: (call.at_us, call.id)))


def _records(found: Any) -> Iterator[dict[str, Any]]:
    if isinstance(found, dict) and isinstance(found.get("Events"), list):
        for event in found["Events"]:
            text = event.get("CloudTrailEvent") if isinstance(event, dict) else None
            if isinstance(text, str):
                yield from _records(msgspec.json.decode(text))
    elif isinstance(found, dict) and isinstance(found.get("Records"), list):
        for event in found["Records"]:
            yield from _records(event)
    elif isinstance(found, list):
        for event in found:
            yield from _records(event)
    elif isinstance(found, dict) and found.get("eventName") and found.get("eventTime"):
        yield found


def _call(record: dict[str, Any]) -> CloudCall:
    identity = _dict(record.get("userIdentity"))
    asked = _dict(record.get("requestParameters"))
    arn = str(identity.get("arn") or "")
    session = _ROLE.match(arn)
    role = str(asked.get("roleArn") or "") or (f"arn:aws:iam::{session[1]}:role/{session[2]}" if session else "")
    names = ("name", "clusterName", "secretId", "bucketName", "principalArn", "key", "functionName")
    moment = datetime.fromisoformat(str(record["eventTime"]))
    return CloudCall(
        at_us=int(moment.timestamp()) * 1_000_000 + moment.microsecond,
        name=str(record["eventName"]),
        service=str(record.get("eventSource") or ""),
        caller=str(identity.get("userName") or arn or identity.get("principalId") or identity.get("invokedBy") or ""),
        address=str(record.get("sourceIPAddress") or ""),
        agent=str(record.get("userAgent") or ""),
        role=role,
        object=next((str(asked[name]) for name in names if asked.get(name)), ""),
        failed=bool(record.get("errorCode")),
        id=str(record.get("eventID") or ""),
        logging_off=_switches_off(str(record["eventName"]), asked),
    )


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _switches_off(name: str, asked: dict[str, Any]) -> bool:
    if name in {"StopLogging", "DeleteTrail", "DeleteLogGroup"}:
        return True
    settings = _dict(asked.get("logging")).get("clusterLogging")
    if name != "UpdateClusterConfig" or not isinstance(settings, list):
        return False
    return any(_dict(one).get("enabled") is False and "audit" in (_dict(one).get("types") or ()) for one in settings)


def taken_from_outside(calls: tuple[CloudCall, ...]) -> tuple[Sighting, ...]:
    """Roles of service accounts that were taken on from an address which is none of the cluster's.

    The cluster's addresses are those from which more than one of its accounts takes on roles; and, for an account that
    was seen from several, the first. An account that was seen from one address only is told by its program alone: a
    command line tool is not a pod.
    """
    taken = [call for call in calls if call.name == WEB_IDENTITY and call.account and not call.failed]
    users: dict[str, set[str]] = {}
    homes: dict[str, str] = {}
    for call in taken:
        users.setdefault(call.address, set()).add(call.account)
        homes.setdefault(call.account, call.address)
    exits = {address for address, accounts in users.items() if len(accounts) > 1}

    def is_foreign(call: CloudCall) -> bool:
        if call.address in exits:
            return False
        return call.address != homes[call.account] or call.agent.startswith(("aws-cli/", "curl/"))

    return _sightings("irsa-foreign-asn", [call for call in taken if is_foreign(call)])


def switched_off(calls: tuple[CloudCall, ...]) -> tuple[Sighting, ...]:
    """Calls that switched logging off."""
    return _sightings("audit-config-gone", [call for call in calls if call.logging_off and not call.failed])


def _sightings(name: str, calls: list[CloudCall]) -> tuple[Sighting, ...]:
    found: dict[Place, list[CloudCall]] = {}
    for call in calls:
        found.setdefault(Place(user=call.caller, address=call.address, agent=call.agent), []).append(call)
    return tuple(
        Sighting(detection=name, place=place, hits=len(ones), first_us=ones[0].at_us, last_us=ones[-1].at_us)
        for place, ones in found.items()
    )


CLOUD_DETECTIONS: Final[dict[str, Callable[[tuple[CloudCall, ...]], tuple[Sighting, ...]]]] = {
    "irsa-foreign-asn": taken_from_outside,
    "audit-config-gone": switched_off,
}
