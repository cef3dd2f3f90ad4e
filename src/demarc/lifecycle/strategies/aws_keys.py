"""Access keys of an AWS IAM user, of which it can have two: the second is made, taken into use, and the first ended.

Speaks the query API of IAM and STS. Signs with the key that is rotated, as the user may for its own keys, or with one
in another Secret. A key whose secret was lost to a crash is found by its id and removed, never left behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from xml.etree import ElementTree as ET

from demarc.lifecycle.cluster.hands import Right
from demarc.lifecycle.cluster.kinds import SECRET
from demarc.lifecycle.cluster.values import SecretValues
from demarc.lifecycle.credential import Credential, CredentialKind
from demarc.lifecycle.strategies.aws_signature import AwsKey, signed
from demarc.lifecycle.strategies.interface import Fit, Setting
from demarc.lifecycle.work import StopError, Used, Work
from demarc.model.time import instant, iso

_MOST_KEYS: Final = 2
_ID_KEYS: Final = (
    "AWS_ACCESS_KEY_ID",
    "aws_access_key_id",
    "access-key-id",
    "accessKeyId",
    "access_key_id",
    "accesskey",
)
_SECRET_KEYS: Final = (
    "AWS_SECRET_ACCESS_KEY",
    "aws_secret_access_key",
    "secret-access-key",
    "secretAccessKey",
    "secret_access_key",
    "secretkey",
)
_ANSWER_TIME: Final = timedelta(minutes=2)
"""So long after it was asked for, at most, a key of ours can have been made."""
_TRIES: Final = 10
"""A new key works everywhere only after some seconds."""


class AwsKeyIssuer:
    """IAM as issuer."""

    name = "aws-access-key"
    settings = (
        Setting(name="user", says="IAM user that the key is of", required=True),
        Setting(name="id_key", says="key of the Secret that holds the access key id", default="by its name"),
        Setting(name="secret_key", says="key of the Secret that holds the secret access key", default="by its name"),
        Setting(name="admin_secret", says="namespace/name of a Secret with a key that may manage the user's keys"),
        Setting(name="iam_endpoint", says="address of IAM", default="https://iam.amazonaws.com"),
        Setting(name="sts_endpoint", says="address of STS", default="https://sts.amazonaws.com"),
        Setting(name="region", says="region that requests are signed for", default="us-east-1"),
    )
    words: Mapping[str, str] = {
        "stage": "make the user's second access key, into a new Secret",
        "suspend": "set the old access key to Inactive",
        "revoke": "delete the old access key, see it refused, and remove its Secret",
    }

    def fit(self, credential: Credential, settings: Mapping[str, str]) -> Fit:
        """For a Secret with both halves of a key."""
        del settings
        if credential.kind is not CredentialKind.CLOUD_KEY:
            return Fit(problem="it holds no AWS access key", todo="name id_key and secret_key")
        return Fit(
            why="an IAM user can have two access keys, so the old one works until nothing uses it",
            unseen=("uses of the key outside this cluster, but for the last one that IAM noted",),
        )

    def rights(self, credential: Credential) -> tuple[Right, ...]:
        """None besides the Secret's own."""
        del credential
        return ()

    def precheck(self, work: Work, old: SecretValues) -> None:
        """The key works, is of the user, and there is room for another."""
        ids = self._keys_of_user(work, self._signer(work, old))
        mine = _key_of(work, old).id
        if mine not in ids:
            raise StopError(f"access key {mine} is not of IAM user {work.rotation.settings['user']}")
        if len(ids) >= _MOST_KEYS and not work.fact("keys before"):
            other = ", ".join(one for one in ids if one != mine)
            raise StopError(f"the user has two access keys already: find out who uses {other}, and delete it")

    def mint(self, work: Work, old: SecretValues) -> SecretValues:
        """Make the second key; one that was made before a crash, and never used, is removed first."""
        signer = self._signer(work, old)
        ids = self._keys_of_user(work, signer)
        if not work.fact("keys before"):
            work.note("keys before", ",".join(sorted(ids)))
        for lost in set(ids) - set(work.fact("keys before").split(",")):
            self._remove_lost(work, signer, lost, ids[lost])
        work.note("minting since", iso(work.tools.now()))
        answer = self._ask(work, signer, "CreateAccessKey")
        identifier, secret = _text(answer, "AccessKeyId"), _text(answer, "SecretAccessKey")
        if not identifier or not secret:
            raise StopError("IAM gave no access key")
        work.note("new id", identifier)
        id_key, secret_key = _names(work, old)
        return SecretValues({**old, id_key: identifier.encode(), secret_key: secret.encode()})

    def activate(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """A new key is active; wait until STS knows it, too."""
        for _ in range(_TRIES):
            if self.works(work, new):
                return
            work.tools.sleep(1.0)

    def works(self, work: Work, values: SecretValues) -> bool | None:
        """Ask STS who the key is."""
        endpoint = work.rotation.settings.get("sts_endpoint", "https://sts.amazonaws.com")
        status, _ = self._send(work, _key_of(work, values), endpoint, "sts", {"Action": "GetCallerIdentity"})
        return status == 200

    def used(self, work: Work, old: SecretValues, new: SecretValues) -> Used:
        """As IAM noted it; it needs some minutes, and knows the last use alone."""
        return self._last_used(work, self._signer(work, new), _key_of(work, old).id)

    def suspend(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """Inactive: refused, and can be turned on again."""
        self._status(work, self._signer(work, new), _key_of(work, old).id, "Inactive")

    def restore(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """Active again."""
        self._status(work, self._signer(work, new), _key_of(work, old).id, "Active")

    def destroy(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """Delete the old key, signed with the new one."""
        signer, identifier = self._signer(work, new), _key_of(work, old).id
        if identifier in self._keys_of_user(work, signer):
            self._ask(work, signer, "DeleteAccessKey", AccessKeyId=identifier)

    def discard(self, work: Work, old: SecretValues, new: SecretValues | None) -> None:
        """Delete the new key, also one that never reached the cluster."""
        signer = self._signer(work, old)
        ids = self._keys_of_user(work, signer)
        if not work.fact("keys before"):
            return
        known = _key_of(work, new).id if new is not None else ""
        for identifier in set(ids) - set(work.fact("keys before").split(",")):
            if identifier == known:
                self._ask(work, signer, "DeleteAccessKey", AccessKeyId=identifier)
            else:
                self._remove_lost(work, signer, identifier, ids[identifier])

    def _remove_lost(self, work: Work, signer: AwsKey, identifier: str, created: str) -> None:
        """Remove a key whose secret nobody has: made just when we began to make one, and never used."""
        begun = work.fact("minting since")
        ours = bool(begun) and timedelta() <= instant(created) - instant(begun) <= _ANSWER_TIME
        if not ours or self._last_used(work, signer, identifier).last is not None:
            raise StopError(f"somebody else made access key {identifier} meanwhile: nothing was done")
        self._ask(work, signer, "DeleteAccessKey", AccessKeyId=identifier)

    def _signer(self, work: Work, own: SecretValues) -> AwsKey:
        named = work.rotation.settings.get("admin_secret")
        if not named:
            return _key_of(work, own)
        namespace, _, name = named.partition("/")
        found = work.hands.get(SECRET, namespace, name)
        if found is None:
            raise StopError(f"Secret {named} with the key that manages the user is not there")
        return _key_of(work, SecretValues.of(found))

    def _status(self, work: Work, signer: AwsKey, identifier: str, status: str) -> None:
        self._ask(work, signer, "UpdateAccessKey", AccessKeyId=identifier, Status=status)

    def _keys_of_user(self, work: Work, signer: AwsKey) -> dict[str, str]:
        answer = self._ask(work, signer, "ListAccessKeys")
        return {
            _text(member, "AccessKeyId"): _text(member, "CreateDate")
            for member in answer.iter()
            if member.tag.endswith("member")
        }

    def _last_used(self, work: Work, signer: AwsKey, identifier: str) -> Used:
        answer = self._ask(work, signer, "GetAccessKeyLastUsed", AccessKeyId=identifier)
        text = _text(answer, "LastUsedDate")
        last: datetime | None = instant(text) if text and text != "N/A" else None
        service = _text(answer, "ServiceName")
        return Used(known=True, last=last, says=f"IAM noted {service or 'no use'} {text}".strip())

    def _ask(self, work: Work, signer: AwsKey, action: str, **parameters: str) -> ET.Element:
        user = {} if action == "GetAccessKeyLastUsed" else {"UserName": work.rotation.settings["user"]}
        endpoint = work.rotation.settings.get("iam_endpoint", "https://iam.amazonaws.com")
        status, body = self._send(work, signer, endpoint, "iam", {"Action": action, **user, **parameters})
        root = _parsed(body)
        if status != 200:
            raise StopError(f"IAM refused {action}: {_text(root, 'Code') or status}")
        return root

    def _send(
        self, work: Work, signer: AwsKey, endpoint: str, service: str, parameters: Mapping[str, str]
    ) -> tuple[int, bytes]:
        region = work.rotation.settings.get("region", "us-east-1")
        request = signed(signer, endpoint, service, region, parameters=parameters, at=work.tools.now())
        answer = work.tools.outside.http("POST", endpoint, headers=request.headers, body=request.body)
        return answer.status, answer.body


def _names(work: Work, values: SecretValues) -> tuple[str, str]:
    return key_names(work.rotation.settings, tuple(values))


def key_names(settings: Mapping[str, str], keys: tuple[str, ...]) -> tuple[str, str]:
    """Names of the keys that hold both halves; empty where there are none."""
    id_key = settings.get("id_key") or next((key for key in _ID_KEYS if key in keys), "")
    secret_key = settings.get("secret_key") or next((key for key in _SECRET_KEYS if key in keys), "")
    return id_key, secret_key


def _key_of(work: Work, values: SecretValues) -> AwsKey:
    id_key, secret_key = _names(work, values)
    return AwsKey(id=values.text(id_key), secret=values.text(secret_key))


def _parsed(body: bytes) -> ET.Element:
    try:
        return ET.fromstring(body)  # noqa: S314 - expat since 2.4 bounds expansion, and the answer is the issuer's
    except ET.ParseError:
        return ET.Element("none")


def _text(element: ET.Element, name: str) -> str:
    return next((one.text or "" for one in element.iter() if one.tag.rpartition("}")[2] == name), "")
