"""``python -m bench.incident``: detections and a whole case over a long trail, on two cores and two gigabytes.

The trail is made in the shape in which it is stored, by DuckDB itself, with a case of eight requests put in: 500 nodes,
2,000 service accounts, controllers, pipelines and people at their usual work. Each measurement is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from bench.measure import run
from demarc.events.engines import open_engine
from demarc.events.importing import import_trails
from demarc.events.interface import EventTable
from demarc.events.store import Store
from demarc.incidents.detections import Given
from demarc.incidents.opening.investigate import Around, investigate, look_for_leads
from demarc.incidents.opening.seeds import Hints
from demarc.model.events import COLUMNS
from demarc.testing.audit import AuditTrail, account, pipeline

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "bench"
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- bench incident: begin -->", "<!-- bench incident: end -->"
SIZES = (1_000_000, 5_000_000)
LARGE = 20_000_000
GOAL = 100_000_000
STEP_US = 70_000
START = datetime(2026, 9, 1, tzinfo=UTC)
LIMIT = 3600.0
_BODY = json.dumps(
    {
        "kind": "Pod",
        "spec": {
            "containers": [
                {
                    "name": "app",
                    "image": "registry.example/app:1",
                    "env": [{"name": f"SETTING_{turn}", "value": "***"} for turn in range(12)],
                    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                }
            ]
        },
    },
    separators=(",", ":"),
)
_KINDS = """
    CASE
      WHEN k < 550 THEN 'lease' WHEN k < 700 THEN 'status' WHEN k < 800 THEN 'watch' WHEN k < 880 THEN 'slice'
      WHEN k < 910 THEN 'token' WHEN k < 940 THEN 'mount' WHEN k < 960 THEN 'all' WHEN k < 980 THEN 'pod'
      WHEN k < 990 THEN 'sync' WHEN k < 995 THEN 'look' WHEN k < 998 THEN 'deploy' WHEN k < 999 THEN 'exec' ELSE 'scan'
    END
"""


def _made(events: int, path: Path) -> None:
    """Write a trail of so many events, in the order of time."""
    start_us = int(START.timestamp()) * 1_000_000
    is_node = "kind IN ('lease', 'status', 'token', 'mount')"
    is_manager = "kind IN ('slice', 'pod')"
    values = {
        "event_id": "md5(i::VARCHAR)",
        "audit_id": "md5((i + 7)::VARCHAR)",
        "stage": "'ResponseComplete'",
        "level": "CASE WHEN kind IN ('pod', 'sync') THEN 'Request' ELSE 'Metadata' END",
        "ts_us": f"{start_us} + i * {STEP_US}",
        "stage_us": f"{start_us} + i * {STEP_US} + 3000",
        "verb": (
            "CASE kind WHEN 'lease' THEN 'update' WHEN 'status' THEN 'patch' WHEN 'watch' THEN 'watch' WHEN 'slice' THEN "
            "'update' WHEN 'token' THEN 'create' WHEN 'all' THEN 'list' WHEN 'pod' THEN 'create' WHEN 'sync' THEN 'patch' "
            "WHEN 'deploy' THEN 'patch' WHEN 'look' THEN 'list' ELSE 'get' END"
        ),
        "uri": "'/api/v1/namespaces/team-' || (e % 200) || '/' || kind || '?timeout=5s'",
        "user_name": (
            f"CASE WHEN {is_node} THEN 'system:node:n-' || (e % 500) "
            f"WHEN {is_manager} THEN 'system:serviceaccount:kube-system:' || kind || '-controller' "
            "WHEN kind IN ('watch') THEN 'system:serviceaccount:team-' || (e % 200) || ':sa-' || (e % 2000) "
            "WHEN kind = 'all' THEN 'system:serviceaccount:ingress-' || (e % 3) || ':ingress' "
            "WHEN kind = 'sync' THEN 'system:serviceaccount:argocd:argocd-application-controller' "
            "WHEN kind = 'deploy' THEN 'system:serviceaccount:ci:deployer' "
            "WHEN kind = 'scan' THEN 'system:anonymous' ELSE 'person-' || (e % 150) || '@example.com' END"
        ),
        "credential_id": (
            f"CASE WHEN {is_node} THEN 'X509SHA256=' || md5((e % 500)::VARCHAR) WHEN kind IN ('scan', 'deploy') THEN '' "
            "WHEN kind IN ('look', 'exec') THEN 'X509SHA256=' || md5('p' || (e % 150)) "
            f"ELSE 'JTI=' || md5((e % 2000) || '/' || (i // 51428)) END"
        ),
        "legacy_secret": "CASE WHEN kind = 'deploy' THEN 'ci/deployer-token' ELSE '' END",
        "token_pod": "CASE WHEN kind = 'watch' THEN 'sa-' || (e % 2000) || '-0' ELSE '' END",
        "source_ip": "address",
        "peer_ip": "address",
        "source_ips": "address",
        "agent": (
            f"CASE WHEN {is_node} THEN 'kubelet/v1.33.5 (linux/amd64)' WHEN {is_manager} THEN "
            "'kube-controller-manager/v1.33.5 (linux/amd64)' WHEN kind = 'watch' THEN 'app-' || (e % 40) || '/v1' "
            "WHEN kind = 'all' THEN 'nginx-ingress-controller/v1.11' WHEN kind = 'sync' THEN "
            "'argocd-application-controller/v3' WHEN kind = 'deploy' THEN 'Helm/3.18.4' WHEN kind = 'scan' THEN "
            "'Mozilla/5.0 zgrab/0.x' ELSE 'kubectl/v1.33.2 (linux/amd64)' END"
        ),
        "api_group": "CASE WHEN kind IN ('sync', 'deploy') THEN 'apps' WHEN kind = 'lease' THEN 'coordination.k8s.io' ELSE '' END",
        "resource": (
            "CASE kind WHEN 'lease' THEN 'leases' WHEN 'status' THEN 'nodes' WHEN 'slice' THEN 'endpoints' WHEN 'token' THEN "
            "'serviceaccounts' WHEN 'mount' THEN 'secrets' WHEN 'all' THEN 'secrets' WHEN 'sync' THEN 'deployments' "
            "WHEN 'deploy' THEN 'deployments' ELSE 'pods' END"
        ),
        "subresource": "CASE kind WHEN 'status' THEN 'status' WHEN 'token' THEN 'token' WHEN 'exec' THEN 'exec' ELSE '' END",
        "namespace": "CASE WHEN kind IN ('all', 'status') THEN '' ELSE 'team-' || (e % 200) END",
        "name": "CASE WHEN kind IN ('all', 'watch', 'look') THEN '' ELSE kind || '-' || (e % 5000) END",
        "code": "CASE kind WHEN 'token' THEN 201 WHEN 'pod' THEN 201 WHEN 'exec' THEN 101 WHEN 'scan' THEN 403 ELSE 200 END",
        "decision": "CASE WHEN kind = 'scan' THEN 'forbid' ELSE 'allow' END",
        "grant_kind": "CASE WHEN kind = 'scan' THEN '' ELSE 'ClusterRoleBinding' END",
        "grant_name": "CASE WHEN kind = 'scan' THEN '' ELSE 'binding-' || (e % 300) END",
        "issued_credential_id": "CASE WHEN kind = 'token' THEN 'JTI=' || md5('t' || i) ELSE '' END",
        "request_object": f"CASE WHEN kind IN ('pod', 'sync') THEN '{_BODY}' ELSE '' END",
        "annotations": '\'{"authorization.k8s.io/decision":"allow"}\'',
        "shape": "'kubernetes'",
        "source_id": "'bench'",
        "position": "i",
    }
    empty = {"VARCHAR": "''", "BIGINT": "0", "BOOLEAN": "false"}
    columns = ", ".join(f"{values.get(one.name, empty[one.type])} AS {one.name}" for one in COLUMNS)
    address = (
        f"CASE WHEN {is_node} THEN '10.0.' || (e % 500 // 250) || '.' || (e % 250) WHEN {is_manager} THEN '10.0.250.1' "
        "WHEN kind IN ('watch', 'all', 'sync') THEN '10.1.' || (e % 200) || '.7' WHEN kind = 'deploy' THEN '192.0.2.80' "
        "WHEN kind = 'scan' THEN '198.51.100.' || (e % 200) ELSE '192.0.2.' || (e % 30) END"
    )
    sql = (
        f"COPY (WITH rolled AS (SELECT i, (hash(i) % 1000)::BIGINT AS k, (hash(i + 1) % 1000000)::BIGINT AS e "
        f"FROM range({events}) AS t(i)), named AS (SELECT i, e, {_KINDS} AS kind FROM rolled), "
        f"placed AS (SELECT i, e, kind, {address} AS address FROM named) SELECT {columns} FROM placed) "
        f"TO '{path}.part' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 100000)"
    )
    connection = duckdb.connect()
    connection.execute("SET threads = 2; SET memory_limit = '2GB'; SET preserve_insertion_order = true")
    connection.execute(sql)
    path.with_name(f"{path.name}.part").rename(path)


def _intruder(events: int) -> AuditTrail:
    """A pipeline's token away from the pipeline, in the middle of the trail."""
    trail = AuditTrail(start=START + timedelta(microseconds=events * STEP_US // 2))
    thief = pipeline().at("203.0.113.50", "curl/8.7.1")
    token = "JTI=11111111-2222-3333-4444-555555555555"
    later = account("team-1", "sa-1", address="203.0.113.51", agent="kubectl/v1.29.0", credential=token, grant="sa-1")
    trail.ask(thief, "create", "selfsubjectrulesreviews", at=0, level="Metadata")
    trail.ask(thief, "list", "secrets", at=9, level="Metadata")
    trail.ask(thief, "create", "serviceaccounts", "sa-1", at=20, namespace="team-1", sub="token", issued=token)
    trail.ask(thief, "create", "clusterrolebindings", "x", at=30, body={"roleRef": {"name": "cluster-admin"}})
    trail.ask(thief, "create", "pods", "sh", at=40, namespace="team-1", body={"spec": {"hostPID": True}})
    trail.ask(thief, "delete", "pods", "sh", at=90, namespace="team-1")
    trail.ask(later, "list", "secrets", at=9000, level="Metadata")
    trail.ask(later, "list", "nodes", at=9001, level="Metadata")
    return trail


def one(events: int) -> None:
    """Measure one trail in this process; says it as JSON on standard error."""
    path = CACHE / f"events-{events}.parquet"
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        folder = Path(scratch)
        (folder / "audit.log").write_bytes(_intruder(events).lines)
        store = Store.create(folder / "store")
        import_trails(store, [str(folder / "audit.log")], now=START)
        with open_engine("duckdb", scratch=folder / "spill", memory="2GB", threads=2) as engine:
            engine.register(EventTable(files=(str(path), *store.table().files)))
            began = time.perf_counter()
            look_for_leads(engine, Given())
            leads = time.perf_counter()
            found = investigate(engine, Hints(), Given(), Around())
            done = time.perf_counter()
    said = {"leads": leads - began, "case": done - leads, "found": len(found.events), "of": 8}
    print(json.dumps(said), file=sys.stderr)


def race(sizes: tuple[int, ...]) -> str:
    """Measure every size, each in a process of its own."""
    CACHE.mkdir(parents=True, exist_ok=True)
    lines = [
        "| events | Parquet MB | leads s | leads and case s | CPU s | peak MB | case |",
        "|---:|---:|---:|---:|---:|---:|---|",
    ]
    last = 0.0
    for events in sizes:
        path = CACHE / f"events-{events}.parquet"
        if not path.exists():
            _made(events, path)
        cost, words = run([sys.executable, "-m", "bench.incident", "--one", str(events)], limit=LIMIT)
        if cost.failed or cost.stopped:
            raise SystemExit(words)
        said = json.loads(words.strip().splitlines()[-1])
        size = path.stat().st_size / 1e6
        lines.append(
            f"| {events:,} | {size:,.0f} | {said['leads']:.0f} | {said['case']:.0f} | {cost.cpu:.0f} | "
            f"{cost.peak:,.0f} | {said['found']} of {said['of']} events |"
        )
        last = cost.cpu / events * GOAL
    goal = f"At the largest size's cost per event, {GOAL:,} events would take about {last / 60:.0f} minutes of CPU for both."
    return "\n".join([*lines, "", goal, ""])


def publish(text: str) -> None:
    """Put the table into the page."""
    page = PAGE.read_text()
    if BEGIN not in page:
        page = f"{page.rstrip()}\n\n## Opening a case\n\n{BEGIN}\n{END}\n"
    head, _, rest = page.partition(BEGIN)
    intro = (
        "All detections, the ranking of leads, and then the same again with the case opened from the strongest lead; "
        "a whole process with DuckDB held to 2 GB and two threads.\n\n"
    )
    PAGE.write_text(f"{head}{BEGIN}\n{intro}{text}{END}{rest.partition(END)[2]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help=f"also {LARGE:,} events")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        one(asked.one)
        return
    text = race((*SIZES, LARGE) if asked.large else SIZES)
    print(text)
    publish(text)


if __name__ == "__main__":
    main()
