"""Pull and push credentials of a registry: robot accounts of Harbor, of which there can be any number.

A second robot with the rights of the first is made, under a name that belongs to the plan: what a crash left is found
by it. Whether a credential works is asked of the registry itself (OCI distribution, with its token service).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from demarc.lifecycle.cluster.hands import Right
from demarc.lifecycle.cluster.kinds import SECRET
from demarc.lifecycle.cluster.values import SecretValues
from demarc.lifecycle.credential import Credential, CredentialKind
from demarc.lifecycle.strategies.interface import Fit, Setting
from demarc.lifecycle.work import HttpAnswer, StopError, Used, Work

_KEY: Final = ".dockerconfigjson"
_KEPT: Final = ("level", "duration", "permissions", "description")
_CHALLENGE: Final = re.compile(r'(\w+)="([^"]*)"')
_LATER: Final = re.compile(r"-r\d{8}[0-9a-f]{4}$")


class RegistryRobotIssuer:
    """Harbor as issuer."""

    name = "registry-robot"
    settings = (
        Setting(name="registry", says="address of the registry: https://registry.example", required=True),
        Setting(
            name="admin_secret",
            says="namespace/name of the Secret with username and password that may manage robots",
            required=True,
        ),
    )
    words: Mapping[str, str] = {
        "stage": "make a second robot account with the same rights, into a new Secret",
        "suspend": "disable the old robot account",
        "revoke": "delete the old robot account, see it refused, and remove its Secret",
    }

    def fit(self, credential: Credential, settings: Mapping[str, str]) -> Fit:
        """For a Secret of type dockerconfigjson."""
        if credential.kind is not CredentialKind.REGISTRY:
            return Fit(problem=f"a {credential.kind.value} is no credential of a registry")
        return Fit(
            why="a registry can hold two robots, so images can be pulled at every moment",
            unseen=("pulls from outside this cluster with the same robot",),
        )

    def rights(self, credential: Credential) -> tuple[Right, ...]:
        """None besides the Secret's own; the administrator's Secret is named in the settings."""
        return ()

    def precheck(self, work: Work, old: SecretValues) -> None:
        """It works, and its robot is known."""
        if self.works(work, old) is False:
            raise StopError("the registry does not accept the credential as it is")
        if self._robot(work, self._user(work, old)) is None:
            raise StopError(f"the registry has no robot {self._user(work, old)}")

    def mint(self, work: Work, old: SecretValues) -> SecretValues:
        """Make the second robot; one that an earlier run made, and whose secret is lost, is made anew."""
        current = self._robot(work, self._user(work, old))
        if current is None:
            raise StopError(f"the registry has no robot {self._user(work, old)}")
        lost = self._robot(work, self._new_user(work, old))
        if lost is not None:
            self._api(work, "DELETE", f"/robots/{lost['id']}")
        kept = {
            field: current[field] for field in ("level", "duration", "permissions", "description") if field in current
        }
        name = _LATER.sub("", self._short(current)) + f"-{work.suffix}"
        answer = self._api(work, "POST", "/robots", {**kept, "name": name, "disable": False})
        made = _json(answer)
        user, secret = str(made.get("name", "")), str(made.get("secret", ""))
        if not secret:
            raise StopError("the registry gave no secret for the new robot")
        work.note("new id", user)
        return SecretValues({**old, _KEY: self._config(work, old, user, secret)})

    def activate(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """A new robot is active."""

    def works(self, work: Work, values: SecretValues) -> bool | None:
        """Ask the registry, as a kubelet would."""
        user, secret = self._login(work, values)
        return _accepted(work, work.rotation.settings["registry"], user, secret)

    def used(self, work: Work, old: SecretValues, new: SecretValues) -> Used:
        """Running pods pulled long ago; only references tell who will pull again."""
        return Used(known=not work.rotation.by_hand, says="nothing in the cluster refers to the old Secret")

    def suspend(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """Disable the old robot."""
        self._disable(work, self._user(work, old), disable=True)

    def restore(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """Enable it again."""
        self._disable(work, self._user(work, old), disable=False)

    def destroy(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """Delete the old robot."""
        if (robot := self._robot(work, self._user(work, old))) is not None:
            self._api(work, "DELETE", f"/robots/{robot['id']}")

    def discard(self, work: Work, old: SecretValues, new: SecretValues | None) -> None:
        """Delete the new robot, whether its secret reached the cluster or not."""
        if (robot := self._robot(work, self._new_user(work, old))) is not None:
            self._api(work, "DELETE", f"/robots/{robot['id']}")

    def _disable(self, work: Work, user: str, *, disable: bool) -> None:
        robot = self._robot(work, user)
        if robot is None:
            raise StopError(f"the registry has no robot {user}")
        self._api(work, "PUT", f"/robots/{robot['id']}", {**robot, "disable": disable})

    def _robot(self, work: Work, user: str) -> dict[str, Any] | None:
        short = user.partition("$")[2].partition("+")[2] or user.partition("$")[2] or user
        answer = self._api(work, "GET", f"/robots?{urlencode({'q': f'name=~{short}', 'page_size': '100'})}")
        found: list[dict[str, Any]] = _json(answer)
        return next((robot for robot in found if robot.get("name") == user), None)

    def _short(self, robot: Mapping[str, Any]) -> str:
        name = str(robot["name"]).partition("$")[2] or str(robot["name"])
        return name.partition("+")[2] or name

    def _new_user(self, work: Work, old: SecretValues) -> str:
        return f"{_LATER.sub('', self._user(work, old))}-{work.suffix}"

    def _user(self, work: Work, values: SecretValues) -> str:
        return self._login(work, values)[0]

    def _login(self, work: Work, values: SecretValues) -> tuple[str, str]:
        auths = _auths(values)
        entry = auths.get(_host_key(work, auths), {})
        if entry.get("auth"):
            user, _, secret = base64.b64decode(entry["auth"]).decode().partition(":")
            return user, secret
        return str(entry.get("username", "")), str(entry.get("password", ""))

    def _config(self, work: Work, old: SecretValues, user: str, secret: str) -> bytes:
        auths = _auths(old)
        pair = base64.b64encode(f"{user}:{secret}".encode()).decode()
        auths[_host_key(work, auths)] = {"username": user, "password": secret, "auth": pair}
        return json.dumps({"auths": auths}).encode()

    def _api(self, work: Work, method: str, path: str, body: Any = None) -> HttpAnswer:
        namespace, _, name = work.rotation.settings["admin_secret"].partition("/")
        found = work.hands.get(SECRET, namespace, name)
        if found is None:
            raise StopError(f"Secret {namespace}/{name} with the administrator of the registry is not there")
        admin = SecretValues.of(found)
        headers = {"authorization": _basic(admin.text("username"), admin.text("password"))}
        url = f"{work.rotation.settings['registry'].rstrip('/')}/api/v2.0{path}"
        data = json.dumps(body).encode() if body is not None else b""
        answer = work.tools.outside.http(
            method, url, headers={**headers, "content-type": "application/json"}, body=data
        )
        if answer.status >= 300 and not (method == "DELETE" and answer.status == 404):
            raise StopError(f"the registry refused {method} {path.partition('?')[0]}: {answer.status}")
        return answer


def _accepted(work: Work, registry: str, user: str, secret: str) -> bool | None:
    basic = {"authorization": _basic(user, secret)}
    answer = work.tools.outside.http("GET", f"{registry.rstrip('/')}/v2/", headers=basic)
    challenge = answer.headers.get("www-authenticate", "")
    if answer.status == 401 and challenge.lower().startswith("bearer"):
        found = dict(_CHALLENGE.findall(challenge))
        realm = found.get("realm", "")
        # Credentials go nowhere but to the registry's own host or below its domain.
        if urlsplit(realm).hostname != urlsplit(registry).hostname:
            return None
        answer = work.tools.outside.http("GET", f"{realm}?service={quote(found.get('service', ''))}", headers=basic)
    if answer.status in (401, 403):
        return False
    return True if answer.status < 300 else None


def _auths(values: SecretValues) -> dict[str, Any]:
    try:
        found = json.loads(values.text(_KEY)).get("auths")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise StopError(f"{_KEY} of the Secret cannot be read")
    return dict(found)


def _host_key(work: Work, auths: Mapping[str, Any]) -> str:
    host = urlsplit(work.rotation.settings["registry"]).netloc
    found = next((key for key in auths if key in (host, f"https://{host}", f"http://{host}", f"{host}/")), None)
    if found is None:
        raise StopError(f"the Secret has no login for {host}")
    return found


def _json(answer: HttpAnswer) -> Any:
    try:
        return json.loads(answer.body)
    except ValueError:
        raise StopError("the registry answered something that is no JSON") from None


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
