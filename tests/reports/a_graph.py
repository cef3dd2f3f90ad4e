"""Paths beside the assessments built by hand: realistic, and with names that nobody should obey."""

from __future__ import annotations

from demarc.accountability.intruder import intruder_paths
from demarc.model.assessment import Assessment
from demarc.model.graph import Tag, Thing
from demarc.model.report_paths import IntruderPaths
from tests.access.graph.small import ADMIN, INTERNET, Company, company
from tests.reports.a_report import HOSTILE


def some_paths(report: Assessment) -> IntruderPaths:
    return intruder_paths(company(), report.matrix)


def hostile_paths(report: Assessment) -> IntruderPaths:
    made = Company()
    for name in (HOSTILE, "<script>window.pwned=1</script>", "x" * 5000, "\u202e" * 40, "界" * 90, "]]>--><!--"):
        evil = (Thing.WORKLOAD, f"shop/Deployment/{name}")
        jewel = (Thing.SECRET, f"shop/{name}")
        made.step("EXPOSED", INTERNET, evil, unknown=f"{name} was not seen")
        made.step("GRANTED", evil, ADMIN, grants=(f"ClusterRoleBinding {name}",), needs=(jewel,))
        made.step("SECRET_READ", evil, jewel)
        made.mark(jewel, Tag.CROWN_JEWEL)
    return intruder_paths(made.builder.build(), report.matrix)
