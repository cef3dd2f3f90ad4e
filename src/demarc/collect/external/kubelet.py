"""What a kubelet says that it was started with: its configuration, as its own endpoint prints it through the API."""

from __future__ import annotations

from demarc.collect.external.shape import Body, Shape, described, text


def _name(body: Body) -> str:
    """The machine, as the cloud calls it; a kubelet does not print the name of its node."""
    return text(body, "providerID").rpartition("/")[2] or "kubelet"


SHAPES: tuple[Shape, ...] = (
    described(
        "kubectl get --raw /api/v1/nodes/NODE/proxy/configz",
        "k8s.kubeletConfig",
        looks=lambda b: "streamingConnectionIdleTimeout" in b and "authentication" in b and "authorization" in b,
        named=_name,
        one="kubeletconfig",
    ),
)
