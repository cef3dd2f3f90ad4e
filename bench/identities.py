"""Writes a dump of many Secrets and service accounts, to measure the inventory of non-human identities on. Seeded.

Kinds, owners and consumers are mixed as in large clusters: pull secrets that are copied into every namespace, TLS by
cert-manager, legacy tokens, opaque passwords with field managers; one pod for every fourth account, a binding for every
tenth.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

SEED = 20261128
_SPACES = 500
_WHEN = "2025-{:02d}-{:02d}T08:00:00Z"


def objects(secrets: int, accounts: int, seed: int = SEED) -> Iterator[dict[str, Any]]:
    """Namespaces, accounts, bindings, pods and Secrets, as the API gives them."""
    rng = random.Random(seed)
    spaces = [f"team-{number:03d}" for number in range(_SPACES)]
    for name in spaces:
        yield _object("Namespace", "v1", name, "")
    for number in range(accounts):
        space, name = spaces[number % _SPACES], f"app-{number}"
        yield _object("ServiceAccount", "v1", name, space, _when(rng))
        if number % 4 == 0:
            yield _pod(space, name, number)
        if number % 10 == 0:
            yield _binding(space, name)
    for number in range(secrets):
        yield _secret(rng, number, spaces[number % _SPACES], accounts)


def write(stream: TextIO, secrets: int, accounts: int) -> None:
    """Write them as one List."""
    stream.write('{"apiVersion":"v1","kind":"List","items":[')
    stream.writelines(
        ("," if number else "") + json.dumps(item) for number, item in enumerate(objects(secrets, accounts))
    )
    stream.write("]}")


def _when(rng: random.Random) -> str:
    return _WHEN.format(rng.randrange(1, 13), rng.randrange(1, 29))


def _object(
    kind: str, version: str, name: str, namespace: str, created: str = "2024-01-01T00:00:00Z"
) -> dict[str, Any]:
    meta = {
        "name": name,
        "uid": hashlib.md5(f"{kind}{name}{namespace}".encode()).hexdigest(),
        "creationTimestamp": created,
    }
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {**meta, **({"namespace": namespace} if namespace else {})},
    }


def _pod(space: str, name: str, number: int) -> dict[str, Any]:
    pod = _object("Pod", "v1", f"{name}-0", space)
    env = [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": f"opaque-{number}", "key": "password"}}}]
    pod["spec"] = {
        "serviceAccountName": name,
        "containers": [{"name": "app", "image": "registry.example/app:1", "env": env}],
    }
    return pod


def _binding(space: str, name: str) -> dict[str, Any]:
    binding = _object("RoleBinding", "rbac.authorization.k8s.io/v1", f"{name}-edit", space)
    binding["roleRef"] = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"}
    binding["subjects"] = [{"kind": "ServiceAccount", "name": name, "namespace": space}]
    return binding


def _secret(rng: random.Random, number: int, space: str, accounts: int) -> dict[str, Any]:
    turn = number % 5
    name, kind, data = f"opaque-{number}", "Opaque", {"password": _text(rng)}
    if turn == 1:
        registry = {"auths": {"registry.example": {"auth": _text(random.Random(number // _SPACES))}}}
        name, kind, data = (
            f"pull-{number}",
            "kubernetes.io/dockerconfigjson",
            {".dockerconfigjson": json.dumps(registry)},
        )
    elif turn == 2:
        name, kind, data = f"token-{number}", "kubernetes.io/service-account-token", {"token": _text(rng)}
    elif turn == 3:
        name, data = (
            f"cloud-{number}",
            {"AWS_ACCESS_KEY_ID": f"AKIA{_text(rng)[:16].upper()}", "AWS_SECRET_ACCESS_KEY": _text(rng)},
        )
    made = _object("Secret", "v1", name, space, _when(rng))
    made["type"], made["data"] = kind, {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    if turn == 2:
        made["metadata"]["annotations"] = {"kubernetes.io/service-account.name": f"app-{number % accounts}"}
    fields: dict[str, Any] = {"f:data": {f"f:{key}": {} for key in data}}
    written = {
        "manager": "helm",
        "operation": "Update",
        "time": _when(rng),
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }
    made["metadata"]["managedFields"] = [written]
    return made


def _text(rng: random.Random) -> str:
    return f"{rng.getrandbits(160):040x}"


def main() -> None:
    """Write a dump: ``python -m bench.identities SECRETS ACCOUNTS OUTPUT``."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("secrets", type=int)
    parser.add_argument("accounts", type=int)
    parser.add_argument("output", type=Path)
    given = parser.parse_args()
    with given.output.open("w", encoding="utf-8") as stream:
        write(stream, given.secrets, given.accounts)


if __name__ == "__main__":
    main()
