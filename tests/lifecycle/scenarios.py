"""A scenario for each strategy: a ground with one credential, and what must hold at every moment and at the end."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from demarc.lifecycle.plan import Plan
from demarc.lifecycle.wishes import Wish, Wishes
from demarc.testing import Object, a_config_map, a_container, a_deployment, a_secret, a_service_account, an_object
from demarc.testing.controllers import CertificateController, ExternalSecretsController, Reverter
from demarc.testing.issuers import FakeIam, FakeRegistry
from demarc.testing.tokens import User, read
from tests.lifecycle.ground import SUFFIX, Ground

ACCOUNT = {"kubernetes.io/service-account.name": "robot"}
TOKEN = "kubernetes.io/service-account-token"
IAM, REGISTRY = "https://iam.example", "https://registry.example"
Values = Mapping[str, str]


@dataclass
class Scenario:
    """A ground, a plan for it, and what must hold."""

    ground: Ground
    wish: Wish
    accepted: Callable[[Values], bool] = lambda values: True
    """Whether what a pod holds is accepted now."""
    old_works: Callable[[], bool | None] = lambda: None
    """Whether the old credential is accepted now; None where that cannot be told."""
    secret: str = "database"
    replicas: int = 2
    confirmed: tuple[str, ...] = ()
    after: Callable[[], None] = lambda: None
    """What must hold at the end, besides."""
    undone: Callable[[], None] = lambda: None
    """What must hold after an undo, besides."""
    can_undo: bool = True
    issuer: Any = None
    """Whoever issues it, where a test wants to look."""
    names: set[str] | None = None
    """Names of the Secrets at the end; None: that of the old one has the plan's suffix."""

    def __post_init__(self) -> None:
        self.before = self.ground.secret_names()
        self.held = sorted(json.dumps(values, sort_keys=True) for _, values in self.ground.running())
        self.ground.watch = self.hold

    def plan(self) -> Plan:
        wishes = Wishes(quiet="1m", observe="1m", credentials=(self.wish,))
        plan = self.ground.plan(self.wish.secret, wishes=wishes)
        assert [rotation.id for rotation in plan.rotations] == [self.wish.secret], plan.blocked
        return plan

    def hold(self) -> None:
        """At every moment: as many pods as wanted are ready, and what each holds is accepted."""
        running = self.ground.running()
        assert len(running) >= self.replicas, "too few pods run"
        for _, values in running:
            assert self.accepted(values), "a pod holds what is not accepted"

    def finished(self) -> None:
        """At the end: one new credential, the old one refused, nothing left over."""
        self.ground.settle()
        self.hold()
        held = {json.dumps(values, sort_keys=True) for _, values in self.ground.running()}
        assert len(held) <= 1
        assert not held & set(self.held) or self.held == ["{}"] * len(self.held)
        assert self.old_works() in (False, None)
        assert self.ground.leftovers() == []
        renamed = self.before - {self.secret} | {f"{self.secret}-{SUFFIX}"}
        assert self.ground.secret_names() == (renamed if self.names is None else self.names)
        self.after()

    def as_before(self) -> None:
        """After an undo: all as it was, and nothing left over."""
        self.ground.settle()
        self.hold()
        assert sorted(json.dumps(values, sort_keys=True) for _, values in self.ground.running()) == self.held
        assert self.old_works() in (True, None)
        assert self.ground.leftovers() == []
        assert self.ground.secret_names() == self.before
        self.undone()


def consumer(*, secret: str = "database", replicas: int = 2, name: str = "app", **more: Any) -> Object:
    """A Deployment that takes a whole Secret into its environment."""
    container = a_container(envFrom=[{"secretRef": {"name": secret}}])
    return a_deployment(name, replicas=replicas, containers=[container], **more)


def generated() -> Scenario:
    extra = consumer(name="worker", replicas=1)
    ground = Ground([consumer(), extra, a_secret(values={"password": "old"})])
    return Scenario(ground, Wish(secret="shop/database", strategy="generated"), replicas=3)


def generated_in_place() -> Scenario:
    """The Deployment is kept by Argo CD, which takes other references back at once."""
    kept = consumer(annotations={"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/app"})
    ground = Ground([kept, a_secret(values={"password": "old"})], controllers=[Reverter([kept])])
    wish = Wish(secret="shop/database", strategy="generated")
    scenario = Scenario(ground, wish, names={"database"})

    def after() -> None:
        assert ground.value("database", "password") != "old"

    scenario.after = after
    scenario.undone = lambda: _is(ground.value("database", "password"), "old")
    return scenario


def aws_in_place() -> Scenario:
    """Two slots, and a workload whose references are taken back at once."""
    kept = consumer(annotations={"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/app"})
    scenario = aws(kept, Reverter([kept]))
    scenario.names = {"database"}
    return scenario


def aws(workload: Object | None = None, *controllers: Reverter) -> Scenario:
    iams: list[FakeIam] = []
    values = {"AWS_ACCESS_KEY_ID": "AKIAOLD"}

    def http(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Any:
        return iams[0].answer(method, url, headers, body)

    iam = FakeIam({"shop": "AKIAOLD"}, now=lambda: ground.clock() if iams else datetime(2026, 1, 1, tzinfo=UTC))
    values["AWS_SECRET_ACCESS_KEY"] = iam.secrets["AKIAOLD"]
    old = dict(values)
    ground = Ground([workload or consumer(), a_secret(values=values)], http=http, controllers=controllers)
    iams.append(iam)
    settings = {"user": "shop", "iam_endpoint": IAM, "sts_endpoint": IAM}
    wish = Wish(secret="shop/database", strategy="aws-access-key", settings=settings)

    def accepted(held: Values) -> bool:
        return iam.works(held["AWS_ACCESS_KEY_ID"], held["AWS_SECRET_ACCESS_KEY"])

    return Scenario(
        ground,
        wish,
        accepted=accepted,
        old_works=lambda: accepted(old),
        after=lambda: _is(len(iam.keys), 1),
        undone=lambda: _is(list(iam.keys), ["AKIAOLD"]),
        issuer=iam,
    )


def registry() -> Scenario:
    harbor = FakeRegistry(REGISTRY, admin=("admin", "made-up"), robots={"robot$shop+puller": "made-up-old"})
    pair = base64.b64encode(b"robot$shop+puller:made-up-old").decode()
    config = json.dumps({"auths": {"registry.example": {"auth": pair}}})
    pull = a_secret("pull", values={".dockerconfigjson": config}, type="kubernetes.io/dockerconfigjson")
    admin = a_secret("registry-admin", values={"username": "admin", "password": "made-up"})
    app = a_deployment("app", pod_spec={"imagePullSecrets": [{"name": "pull"}]})
    account = a_service_account("default", imagePullSecrets=[{"name": "pull"}])
    ground = Ground([app, a_deployment("plain", replicas=1), account, pull, admin], http=harbor.answer)
    settings = {"registry": REGISTRY, "admin_secret": "shop/registry-admin"}
    wish = Wish(secret="shop/pull", strategy="registry-robot", settings=settings)

    def pulls() -> None:
        """Every reference leads to a login that is accepted: pods could be started at every moment."""
        for kind, group, name in (("Deployment", "apps", "app"), ("ServiceAccount", "", "default")):
            item = ground.get(kind, name, group=group)
            assert item is not None
            spec = item["spec"]["template"]["spec"] if kind == "Deployment" else item
            for reference in spec["imagePullSecrets"]:
                auths = json.loads(ground.value(reference["name"], ".dockerconfigjson"))["auths"]
                user, _, secret = base64.b64decode(auths["registry.example"]["auth"]).decode().partition(":")
                assert harbor.works(user, secret)

    def pods(name: str) -> None:
        """Every pod would pull with the same one, were it started again."""
        specs = [pod["spec"]["imagePullSecrets"] for pod, _ in ground.running()]
        assert specs == [[{"name": name}]] * 3

    def at_the_end() -> None:
        assert len(harbor.robots) == 1
        pods(f"pull-{SUFFIX}")

    def as_it_was() -> None:
        assert len(harbor.robots) == 1
        pods("pull")

    scenario = Scenario(
        ground,
        wish,
        secret="pull",
        replicas=3,
        old_works=lambda: harbor.works("robot$shop+puller", "made-up-old"),
        after=at_the_end,
        undone=as_it_was,
    )
    hold = scenario.hold

    def both() -> None:
        hold()
        pulls()

    scenario.hold = both  # type: ignore[method-assign]
    ground.watch = both
    return scenario


def _token_ground(*apps: Object, **more: Any) -> tuple[Ground, str]:
    tracking = a_config_map(
        "kube-apiserver-legacy-service-account-token-tracking", "kube-system", data={"since": "2025-01-01"}
    )
    secret = a_secret("robot-token", values={}, type=TOKEN, annotations=ACCOUNT)
    ground = Ground([a_service_account("robot"), secret, tracking, *apps], **more)
    return ground, ground.value("robot-token", "token")


def bound_token() -> Scenario:
    """A Deployment takes the token from a variable, so it cannot be given a volume instead."""
    container = a_container(envFrom=[{"secretRef": {"name": "robot-token"}}])
    ground, old = _token_ground(a_deployment("app", containers=[container], service_account="robot"))

    def accepted(held: Values) -> bool:
        return isinstance(ground.cluster.service_tokens.check(held["token"], use=False), User)

    scenario = Scenario(
        ground,
        Wish(secret="shop/robot-token"),
        accepted=accepted,
        old_works=lambda: accepted({"token": old}),
        secret="robot-token",
        names={f"robot-token-{SUFFIX}", f"robot-handle-{SUFFIX}"},
    )

    def after() -> None:
        assert read(ground.value(f"robot-token-{SUFFIX}", "token"))["exp"] > ground.clock().timestamp()

    scenario.after = after
    return scenario


def pipeline_token() -> Scenario:
    """Used from outside alone: a person takes the new one there and says so."""
    ground, old = _token_ground()
    return Scenario(
        ground,
        Wish(secret="shop/robot-token", strategy="bound-token", external=("gitlab",)),
        old_works=lambda: ground.cluster.authenticates(old),
        secret="robot-token",
        replicas=0,
        confirmed=("External/gitlab",),
        names={f"robot-token-{SUFFIX}", f"robot-handle-{SUFFIX}"},
    )


def projected_token() -> Scenario:
    volume = {"name": "token", "secret": {"secretName": "robot-token", "defaultMode": 256}}
    container = a_container(volumeMounts=[{"name": "token", "mountPath": "/token"}])
    spec = {"volumes": [volume]}
    app = a_deployment("app", containers=[container], service_account="robot", pod_spec=spec)
    ground, old = _token_ground(app)

    def accepted(held: Values) -> bool:
        return "token" not in held or ground.cluster.authenticates(held["token"])

    scenario = Scenario(
        ground,
        Wish(secret="shop/robot-token"),
        accepted=accepted,
        old_works=lambda: ground.cluster.authenticates(old),
        secret="robot-token",
    )
    scenario.names = scenario.before - {"robot-token"}

    def volumes() -> list[Object]:
        item = ground.get("Deployment", "app", group="apps")
        assert item is not None
        found: list[Object] = item["spec"]["template"]["spec"]["volumes"]
        return found

    def after() -> None:
        (found,) = volumes()
        kinds = [next(iter(source)) for source in found["projected"]["sources"]]
        assert (kinds, found["projected"]["defaultMode"]) == (["serviceAccountToken", "configMap", "downwardAPI"], 256)

    scenario.after = after
    scenario.undone = lambda: _is(volumes(), [volume])
    return scenario


def retire() -> Scenario:
    ground, old = _token_ground()
    scenario = Scenario(
        ground,
        Wish(secret="shop/robot-token"),
        old_works=lambda: ground.cluster.authenticates(old),
        secret="robot-token",
        replicas=0,
    )
    scenario.names = scenario.before - {"robot-token"}
    return scenario


def own_ca() -> Scenario:
    key = ec.derive_private_key(7, ec.SECP256R1())
    leaf_key = ec.derive_private_key(8, ec.SECP256R1())
    authority = _signed("the CA", key, key, ca=True)
    old = _signed("web.example", leaf_key, key)
    ca = a_secret("ca", values={"tls.crt": _pem(authority), "tls.key": _key_pem(key)}, type="kubernetes.io/tls")
    tls = a_secret("web", values={"tls.crt": _pem(old), "tls.key": _key_pem(leaf_key)}, type="kubernetes.io/tls")
    rule = {"tls": [{"hosts": ["web.example"], "secretName": "web"}]}
    ingress = an_object("networking.k8s.io/v1", "Ingress", "web", namespace="shop", spec=rule)
    ground = Ground([consumer(secret="web"), ingress, ca, tls])

    def accepted(held: Values) -> bool:
        certificate = x509.load_pem_x509_certificate(held["tls.crt"].encode())
        certificate.verify_directly_issued_by(authority)
        private = serialization.load_pem_private_key(held["tls.key"].encode(), None)
        in_time = certificate.not_valid_before_utc <= ground.clock() < certificate.not_valid_after_utc
        return in_time and private.public_key() == certificate.public_key()

    scenario = Scenario(
        ground,
        Wish(secret="shop/web", strategy="own-ca", settings={"ca_secret": "shop/ca", "days": "30"}),
        accepted=accepted,
        secret="web",
    )

    def after() -> None:
        item = ground.get("Ingress", "web", group="networking.k8s.io")
        assert item is not None
        name = item["spec"]["tls"][0]["secretName"]
        new = x509.load_pem_x509_certificate(ground.value(name, "tls.crt").encode())
        assert new.public_key() != old.public_key()
        assert new.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        ) == old.extensions.get_extension_for_class(x509.SubjectAlternativeName)

    scenario.after = after
    return scenario


def cert_manager() -> Scenario:
    spec = {"secretName": "web", "commonName": "web.example", "privateKey": {"rotationPolicy": "Always"}}
    certificate = an_object("cert-manager.io/v1", "Certificate", "web", namespace="shop", spec=spec)
    ground = Ground([consumer(secret="web"), certificate], controllers=[CertificateController()])
    return Scenario(ground, Wish(secret="shop/web"), secret="web", names={"web"}, can_undo=False)


def external_secrets() -> Scenario:
    store = {"shop/password": "old"}
    spec = {"refreshInterval": "1h", "data": [{"secretKey": "password", "remoteRef": {"key": "shop/password"}}]}
    source = an_object("external-secrets.io/v1", "ExternalSecret", "database", namespace="shop", spec=spec)
    ground = Ground([consumer(), source], controllers=[ExternalSecretsController(store)])
    store["shop/password"] = "new"
    return Scenario(ground, Wish(secret="shop/database"), names={"database"}, can_undo=False)


@dataclass
class Program:
    """A program of the user's that issues credentials, as its contract wants it."""

    valid: dict[str, bool]
    """Value -> whether it is turned on."""
    made: dict[str, str] = field(default_factory=dict)
    """Plan -> value."""
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def __call__(self, command: Sequence[str], given: bytes) -> tuple[int, bytes]:
        self.asked.append(tuple(command))
        asked = json.loads(given)
        value = base64.b64decode(asked["values"].get("password", "")).decode()
        plan, word = asked["plan"], command[-1]
        answer: dict[str, Any] = {}
        if word == "mint":
            self.valid.pop(self.made.get(plan, ""), None)
            self.made[plan] = f"made-{len(self.asked)}"
            self.valid[self.made[plan]] = True
            answer = {"id": "7", "values": {"password": base64.b64encode(self.made[plan].encode()).decode()}}
        elif word == "works":
            answer = {"works": self.valid.get(value, False)}
        elif word in ("suspend", "restore"):
            self.valid[value] = word == "restore"
        elif word == "destroy":
            self.valid.pop(value, None)
        elif word == "discard":
            self.valid.pop(self.made.get(plan, ""), None)
        return 0, json.dumps(answer).encode()


def command() -> Scenario:
    program = Program({"old": True})
    ground = Ground([consumer(), a_secret(values={"password": "old", "host": "db"})], run=program)

    def accepted(held: Values) -> bool:
        return program.valid.get(held["password"], False) and held["host"] == "db"

    return Scenario(
        ground,
        Wish(secret="shop/database", strategy="command", settings={"command": "/opt/rotate 'a b'"}),
        accepted=accepted,
        old_works=lambda: program.valid.get("old", False),
        after=lambda: _is(len(program.valid), 1),
        undone=lambda: _is(program.valid, {"old": True}),
    )


SCENARIOS: dict[str, Callable[[], Scenario]] = {
    "generated": generated,
    "generated in place": generated_in_place,
    "aws-access-key": aws,
    "aws-access-key in place": aws_in_place,
    "registry-robot": registry,
    "bound-token": bound_token,
    "bound-token outside": pipeline_token,
    "projected-token": projected_token,
    "retire": retire,
    "own-ca": own_ca,
    "cert-manager": cert_manager,
    "external-secrets": external_secrets,
    "command": command,
}


def _is(found: object, wanted: object) -> None:
    assert found == wanted


def _signed(
    name: str, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey, *, ca: bool = False
) -> x509.Certificate:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the CA")]))
        .public_key(key.public_key())
        .serial_number(11 if ca else 12)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if not ca:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return builder.sign(by, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
