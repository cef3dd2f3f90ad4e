"""What the tests of opening a cluster share: certificates, kubeconfigs, and a reader opened from text."""

from __future__ import annotations

import base64
import json
import ssl
from pathlib import Path
from typing import Any

from demarc.collect.live.api import KubeReader, KubeSettings, open_cluster

TLS = Path(__file__).parents[1] / "fixtures" / "tls"


def server_tls(*, client_certificates: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.crt", TLS / "server.key")
    if client_certificates:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(TLS / "ca.crt")
    return context


def encoded(name: str) -> str:
    return base64.b64encode((TLS / name).read_bytes()).decode()


TRUSTED: dict[str, Any] = {"certificate-authority-data": encoded("ca.crt"), "tls-server-name": "kube.example"}


def opened(text: str, folder: Path, **more: Any) -> KubeReader:
    file = folder / "config"
    file.write_text(text)
    return open_cluster(
        KubeSettings(kubeconfig=str(file)), environment=more.pop("environment", {}), home=folder, **more
    )


def version(reader: KubeReader) -> int:
    return reader.get("/version", {}, "application/json").status


def config(server: str = "https://one.example", **more: Any) -> dict[str, Any]:
    return {
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "contexts": [
            {"name": "x", "context": {"cluster": "c", "user": "u"}},
            {"name": "y", "context": {"cluster": "c"}},
        ],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "current-context": "x",
        **more,
    }


def write(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path
