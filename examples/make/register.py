"""The company's register of owners as it stood on the day of the dump, with eighteen months of hand-overs in it."""

from __future__ import annotations

import textwrap

from make.company import DOMAIN, GITHUB_LOGINS, PEOPLE, TEAMS
from make.delivery import CODEOWNERS

PREAMBLE = {
    "people": "# Who can hold duties. The mail address is what the directory knows.\n",
    "teams": "# Teams. Who was in them, and when, is in memberships.csv, as the personnel system exports it.\n",
}


def _next_day(day: str) -> str:
    """First day on which somebody whose last day was ``day`` is gone; only month ends occur."""
    assert day == "2026-04-30", day
    return "2026-05-01"


def people() -> str:
    """``people.yaml``."""
    lines = [PREAMBLE["people"], "people:\n"]
    for person in PEOPLE:
        lines.append(f"  - id: {person.login}\n    name: {person.name}\n    contact: {person.mail}\n")
        if person.login in GITHUB_LOGINS:
            lines.append(f"    accounts: [{GITHUB_LOGINS[person.login]}]\n")
        lines.append(f"    valid_from: {person.joined}\n")
        if person.left:
            lines.append(f"    valid_to: {_next_day(person.left)}\n")
    return "".join(lines)


def teams() -> str:
    """``teams.yaml``."""
    lines = [PREAMBLE["teams"], "teams:\n"]
    for team in TEAMS:
        lines.append(
            f'  - id: {team.id}\n    name: {team.name}\n    contact: "{team.id}@{DOMAIN}"\n'
            f'    aliases: ["@fjordkite/{team.id}"]\n    valid_from: {team.since}\n'
        )
        if team.until:
            lines.append(f"    valid_to: {team.until}\n")
    return "".join(lines)


def memberships() -> str:
    """``memberships.csv``."""
    lines = ["team,person,valid_from,valid_to,role\n"]
    lines += [
        f"{team.id},{member.person},{member.since},{member.until or ''},{'lead' if member.lead else ''}\n"
        for team in TEAMS
        for member in team.members
    ]
    return "".join(lines)


ASSIGNMENTS = """
    # Who answers for what, since when. The most specific scope wins; two owners of the same scope are a conflict.
    assignments:
      # The platform team holds what the cluster is made of.
      - duties: [cluster.*, node.*, network.perimeter, admission.policy]
        owner: platform
        approver: ingrid.solheim
        reviewer: security
        review_every: 90d
        valid_from: 2025-05-12
      - duties: [addon.*, delivery.controllers]
        owner: platform
        reviewer: security
        review_every: 180d
        valid_from: 2025-05-12
      - duty: addon.*
        scope: {component: [falco, kyverno]}
        owner: security
        reviewer: platform
        review_every: 180d
        valid_from: 2025-06-02
      - duty: node.*
        scope: {pool: batch}
        owner: data
        reviewer: platform
        review_every: 90d
        valid_from: 2025-11-20

      # Access. Until the turn of the year one person held and reviewed it.
      - duties: [identity.access-review, identity.offboarding]
        owner: tomasz.wrona
        reviewer: tomasz.wrona
        review_every: 180d
        valid_from: 2025-05-12
        valid_to: 2026-01-01
      - duties: [identity.access-review, identity.offboarding]
        owner: security
        approver: nadia.haddad
        reviewer: platform
        review_every: 90d
        valid_from: 2026-01-01
      - duty: identity.rbac
        owner: platform
        reviewer: security
        review_every: 90d
        valid_from: 2025-05-12

      # Each team holds what it runs.
      - duties: &tenant
          - identity.service-accounts
          - identity.cloud-roles
          - secret.*
          - workload.*
          - network.exposure
          - network.segmentation
          - supply.image-*
          - delivery.change-approval
          - response.tenant
          - response.recovery
        scope: {namespace: [booking, edi]}
        owner: booking
        reviewer: security
        review_every: 180d
        valid_from: 2025-05-19
      - duties: *tenant
        scope: {namespace: quotes}
        owner: quotes
        reviewer: security
        review_every: 180d
        valid_from: 2025-05-19
      - duties: *tenant
        scope: {namespace: tracking}
        owner: tracking
        reviewer: security
        review_every: 180d
        valid_from: 2025-05-19
      - duties: *tenant
        scope: {namespace: data}
        owner: data
        reviewer: security
        rotator: elena.petrescu
        review_every: 180d
        valid_from: 2025-05-19

      - duties: *tenant
        scope:
          namespace:
            - argocd
            - cert-manager
            - delivery
            - external-secrets
            - ingress-nginx
            - kube-*
            - logging
            - monitoring
        owner: platform
        reviewer: security
        review_every: 180d
        valid_from: 2025-05-19
      - duties: *tenant
        scope: {namespace: [falco, kyverno]}
        owner: security
        reviewer: platform
        review_every: 180d
        valid_from: 2025-06-02

      # Customs was handed over in March 2026.
      - duties: *tenant
        scope: {namespace: customs}
        owner: customs
        reviewer: security
        review_every: 180d
        valid_from: 2025-05-19
        valid_to: 2026-03-01
      - duties: *tenant
        scope: {namespace: customs}
        owner: compliance
        reviewer: security
        review_every: 180d
        valid_from: 2026-03-01

      # Nobody was named after Piotr Zielinski left: a lapse.
      - duties: *tenant
        scope: {namespace: yard}
        owner: piotr.zielinski
        reviewer: security
        review_every: 180d
        valid_from: 2025-05-19

      # Both teams think that the other one follows: a conflict.
      - duties: *tenant
        scope: {namespace: assistant}
        owner: booking
        valid_from: 2026-06-15
      - duties: *tenant
        scope: {namespace: assistant}
        owner: data
        valid_from: 2026-08-03

      # Pipelines. Who vets steps that run inside them is not written anywhere.
      - duties: [supply.source, supply.dependencies, supply.registry]
        owner: platform
        reviewer: security
        review_every: 180d
        valid_from: 2025-05-12
      - duty: supply.pipeline-credentials
        scope: {pipeline: "github.com/fjordkite/quotes-service"}
        owner: quotes
        rotator: tomasz.wrona
        reviewer: security
        review_every: 90d
        valid_from: 2025-06-12

      # Watching and answering.
      - duties:
          - monitoring.audit-review
          - monitoring.runtime-detection
          - response.evidence
          - response.revocation
          - endpoint.devices
        owner: security
        approver: nadia.haddad
        reviewer: platform
        review_every: 90d
        valid_from: 2025-05-12
      - duty: monitoring.log-retention
        owner: platform
        reviewer: security
        review_every: 365d
        valid_from: 2025-05-12
      - duty: governance.*
        owner: nadia.haddad
        approver: ingrid.solheim
        reviewer: ingrid.solheim
        review_every: 365d
        valid_from: 2025-05-12
    """
REVIEWS = """
    # Reviews that were done. What is missing here is overdue.
    reviews:
      - duties: [cluster.*, node.*, admission.policy]
        by: frida.berg
        date: 2026-10-14
        evidence: "SEC-1183"
      - duty: identity.rbac
        by: frida.berg
        date: 2026-02-11
        evidence: "SEC-0972, before the review of the pipelines' rights was put off"
      - duty: addon.*
        by: frida.berg
        date: 2026-08-27
        evidence: "SEC-1120"
      - duties: [monitoring.*, response.evidence]
        by: mei.tran
        date: 2026-09-30
        evidence: "SEC-1161"
      - duties: [identity.service-accounts, identity.cloud-roles, secret.*, workload.*, network.*]
        scope: {namespace: [booking, edi, data, tracking, customs]}
        by: frida.berg
        date: 2026-07-16
        evidence: "SEC-1090"
      - duties: [supply.*, delivery.*, response.*]
        scope: {namespace: [booking, edi, data, tracking, customs]}
        by: frida.berg
        date: 2026-07-16
        evidence: "SEC-1091"
      - duties:
          - identity.service-accounts
          - identity.cloud-roles
          - secret.*
          - workload.*
          - network.*
          - supply.*
          - delivery.*
          - response.*
        scope: {namespace: [argocd, cert-manager, external-secrets, ingress-nginx, kube-*, logging, monitoring]}
        by: frida.berg
        date: 2026-06-25
        evidence: "SEC-1066"
      - duties: [identity.service-accounts, secret.*, workload.*, network.*, supply.*, delivery.*, response.*]
        scope: {namespace: [falco, kyverno]}
        by: mei.tran
        date: 2026-09-30
        evidence: "SEC-1162"
      - duties: [identity.access-review, identity.offboarding]
        by: tomasz.wrona
        date: 2026-10-22
        evidence: "SEC-1190"
      - duties: [supply.source, supply.dependencies, supply.registry, delivery.controllers]
        by: frida.berg
        date: 2026-08-27
        evidence: "SEC-1121"
      - duties: [response.revocation, endpoint.devices, network.perimeter]
        by: frida.berg
        date: 2026-10-14
        evidence: "SEC-1184"
      - duties: [identity.service-accounts, secret.*]
        scope: {namespace: quotes}
        by: frida.berg
        date: 2025-10-09
        evidence: "SEC-0811"
      - duty: governance.*
        by: ingrid.solheim
        date: 2026-05-20
        evidence: "Minutes of the risk board, May 2026"
    """
EXCEPTIONS = """
    # Duties that are knowingly not met for a time.
    exceptions:
      - id: EX-014
        duty: cluster.endpoint
        reason: The endpoint stays open to every address until the depots have fixed ones; sign-in is by SSO alone.
        owner: platform
        approved_by: nadia.haddad
        valid_from: 2026-08-01
        valid_to: 2027-02-01
      - id: EX-009
        duty: node.metadata
        scope: {pool: batch}
        reason: The old exporter reads the instance's metadata; it moves to its own role before summer.
        owner: data
        approved_by: nadia.haddad
        valid_from: 2025-12-01
        valid_to: 2026-06-01
    """
CONTRACTS = """
    # Clauses that say who performs a duty. They override what the provider publishes.
    contracts:
      - id: AMS-4.2
        duty: node.patching
        components: [node_os]
        scope: {pool: general}
        party: provider
        document: "AWS Managed Services order form FK-2026-01, 15 January 2026"
        clause: "4.2 Patching of managed node groups"
        valid_from: 2026-02-01
        valid_to: 2028-02-01
    """
SUPPLIERS = """
    # Third parties that make or run something in the cluster, and who holds them to it.
    suppliers:
      - id: aws
        name: Amazon Web Services
        contact: "AWS Support case, severity by the Enterprise Support plan"
        owner: ingrid.solheim
      - id: ingress-nginx-project
        name: ingress-nginx project
        contact: "security@kubernetes.io"
        components: [ingress-nginx]
        owner: platform
      - id: falco-project
        name: The Falco project
        contact: "cncf-falco-maintainers@lists.cncf.io"
        components: [falco]
        owner: security
      - id: harbour-lane
        name: Harbour Lane Consulting
        contact: "desk@harbour-lane.example"
        owner: elena.petrescu
        valid_from: 2024-11-01
        valid_to: 2027-01-01
    """
SETTINGS = """
    settings:
      owner_labels: [team, owner]
      codeowners:
        - file: CODEOWNERS
          repository: github.com/fjordkite/cluster-config
          paths: {/apps/booking/: booking, /apps/data/: data}
    """


def files() -> dict[str, str]:
    """Files of the register, by path."""
    blocks = {
        "assignments": ASSIGNMENTS,
        "reviews": REVIEWS,
        "exceptions": EXCEPTIONS,
        "contracts": CONTRACTS,
        "suppliers": SUPPLIERS,
        "settings": SETTINGS,
    }
    found = {f"register/{name}.yaml": textwrap.dedent(block).lstrip("\n") for name, block in blocks.items()}
    found |= {"register/people.yaml": people(), "register/teams.yaml": teams()}
    found["register/memberships.csv"] = memberships()
    found["register/CODEOWNERS"] = f"# Copied from cluster-config.\n{CODEOWNERS}"
    return found
