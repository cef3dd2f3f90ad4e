from __future__ import annotations

import pytest

from demarc.collect.live.proxy import proxy_for

PROXY = {"HTTPS_PROXY": "http://proxy.example:3128"}


def url(server: str, environment: dict[str, str], configured: str = "") -> str | None:
    found = proxy_for(server, configured, environment)
    return found.url if found else None


def test_the_environment_names_the_proxy_by_scheme() -> None:
    assert url("https://k.example", PROXY) == "http://proxy.example:3128"
    assert url("http://k.example", PROXY) is None
    assert url("http://k.example", {"http_proxy": "proxy.example:1"}) == "http://proxy.example:1"


def test_the_kubeconfig_goes_before_the_environment_and_its_exceptions() -> None:
    assert url("https://k.example", {**PROXY, "NO_PROXY": "*"}, "socks5://s.example:1080") == "socks5h://s.example:1080"


@pytest.mark.parametrize("server", ["https://127.0.0.1:6443", "https://localhost", "https://[::1]:6443"])
def test_this_machine_is_reached_directly(server: str) -> None:
    assert url(server, PROXY) is None


@pytest.mark.parametrize(
    ("excepted", "server", "direct"),
    [
        ("k.example", "https://k.example", True),
        ("example", "https://k.example", True),
        (".example", "https://k.example", True),
        ("*.example", "https://k.example", True),
        ("xample", "https://k.example", False),
        ("K.EXAMPLE", "https://k.example", True),
        ("k.example:6443", "https://k.example:6443", True),
        ("k.example:6443", "https://k.example", False),
        ("10.0.0.0/8", "https://10.1.2.3", True),
        ("10.0.0.0/8", "https://11.1.2.3", False),
        ("10.1.2.3", "https://10.1.2.3:6443", True),
        ("fd00::/8", "https://[fd00::1]", True),
        (" , a.example ,k.example", "https://k.example", True),
        ("*", "https://k.example", True),
        ("", "https://k.example", False),
    ],
)
def test_no_proxy_is_read_as_kubectl_reads_it(excepted: str, server: str, *, direct: bool) -> None:
    assert (url(server, {**PROXY, "no_proxy": excepted}) is None) is direct


def test_a_sign_in_is_kept_apart_from_the_address() -> None:
    found = proxy_for("https://k.example", "http://me:p%40ss@[fd00::1]:3128", {})
    assert found is not None
    assert (found.url, found.sign_in) == ("http://[fd00::1]:3128", "me:p@ss")
    assert "p@ss" not in repr(found)
