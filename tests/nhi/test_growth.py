"""Work and memory grow with what is there, not with its square; what is never asked about is not made."""

from __future__ import annotations

import sys
from collections.abc import Callable

import msgspec
import pytest
from msgspec.structs import replace

from demarc.accountability.assess import Answering
from demarc.lifecycle.consumers import credentials
from demarc.model.kubernetes import ServiceAccount
from demarc.model.nhi import NhiReport
from demarc.model.register import Register
from demarc.nhi import Policy, nhi_report
from demarc.posture import Ground
from demarc.reports.nhi import render_nhi
from demarc.testing import a_deployment, a_secret, a_service_account
from tests.nhi.given import report
from tests.posture.given import AT, Object, a_ground

SHARED = "one-value-for-many"


def objects(number: int) -> list[Object]:
    """As many accounts, workloads and Secrets; half of the Secrets share one value, every account pulls with one."""
    made: list[Object] = []
    for place in range(number):
        pull = [{"name": f"pull-{place}"}]
        made.append(a_service_account(f"app-{place}", imagePullSecrets=pull))
        made.append(a_deployment(f"app-{place}", service_account=f"app-{place}"))
        made.append(a_secret(f"pull-{place}", values={"password": SHARED if place % 2 else f"{SHARED}-{place}"}))
    return made


def calls(work: Callable[[], object]) -> int:
    """Functions of Python that are called: the same on every machine."""
    count = 0

    def see(_: object, event: str, __: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def inventory(number: int) -> Callable[[], object]:
    ground = a_ground(*objects(number))
    return lambda: nhi_report(
        Ground(ground.snapshot, ground.inventory, ground.register, answering(ground), AT), Policy()
    )


def answering(ground: Ground) -> Answering:
    return Answering(ground.snapshot, ground.inventory, ground.register, ground.at, "given")


def uses(number: int) -> Callable[[], object]:
    snapshot = a_ground(*objects(number)).snapshot
    return lambda: credentials(snapshot)


@pytest.mark.parametrize("work", [inventory, uses])
def test_twice_as_much_is_twice_the_work(work):
    work(2)()  # what is loaded once does not grow
    small, middle, large = (calls(work(number)) for number in (50, 100, 200))
    assert large - middle <= 2.4 * (middle - small)


def test_accounts_pull_for_their_workloads_alone():
    snapshot = a_ground(*objects(3)).snapshot
    assert len(snapshot.all("ServiceAccount", ServiceAccount)) >= 3
    consumers = {one.name: [each.name for each in one.consumers] for one in credentials(snapshot)}
    assert consumers["pull-1"] == ["app-1", "app-1"]  # the Deployment and the account


def test_the_inventory_makes_rows_of_the_duties_that_it_asks_about():
    ground = a_ground(*objects(3))
    asked: list[str] = []

    class Watched(Answering):
        def rows(self, duty):
            asked.append(duty)
            return super().rows(duty)

    watched = Watched(ground.snapshot, ground.inventory, Register(), AT, "given")
    lazy = nhi_report(Ground(ground.snapshot, ground.inventory, Register(), watched, AT), Policy())
    whole = nhi_report(Ground(ground.snapshot, ground.inventory, Register(), watched.whole, AT), Policy())
    assert lazy == whole
    assert "identity.service-accounts" in asked
    assert "node.patching" not in asked
    assert len(asked) == len(set(asked))


def many() -> NhiReport:
    found = report(*objects(3))
    return replace(
        found, items=tuple(replace(found.items[at % len(found.items)], id=f"shop/Secret/{at}") for at in range(2500))
    )


def test_json_in_pieces_is_what_the_encoder_writes_at_once():
    whole = many()
    pieces = list(render_nhi(whole, "json"))
    assert b"".join(pieces) == msgspec.json.encode(whole, order="deterministic") + b"\n"
    assert max(map(len, pieces)) < sum(map(len, pieces)) / 2
    empty = replace(whole, items=())
    assert b"".join(render_nhi(empty, "json")) == msgspec.json.encode(empty, order="deterministic") + b"\n"


def test_no_line_of_csv_is_written_twice_or_lost():
    whole = many()
    lines = b"".join(render_nhi(whole, "csv")).split(b"\r\n")
    assert len(lines) == len(whole.items) + 2  # the head, and nothing after the last
    assert len({line.partition(b",")[0] for line in lines[1:-1]}) == len(whole.items)
