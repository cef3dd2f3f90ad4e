"""The invented company: its people, teams, account and calendar. Every other module takes names and dates from here."""

from __future__ import annotations

from typing import NamedTuple

NAME = "Fjordkite Freight"
SLUG = "fjordkite"
DOMAIN = "fjordkite.example"
CLUSTER = "fjordkite-prod"
ACCOUNT = "111122223333"
"""An account number that AWS's own documentation uses."""
REGION = "eu-north-1"
OIDC_ID = "EXAMPLED539D4633E53DE1B716D3041E"
OIDC = f"oidc.eks.{REGION}.amazonaws.com/id/{OIDC_ID}"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
EKS_IMAGES = f"602401143452.dkr.ecr.{REGION}.amazonaws.com/eks"
CLUSTER_CREATED = "2024-03-11T09:12:44Z"
DUMPED = "2026-11-18T14:30:00Z"
"""When the cluster was dumped: half a day after the incident in the audit trail."""
TEAM_LABEL = "team"


class Person(NamedTuple):
    """Somebody who works, or worked, at the company."""

    login: str
    name: str
    title: str
    joined: str
    left: str | None = None

    @property
    def mail(self) -> str:
        return f"{self.login}@{DOMAIN}"


class Member(NamedTuple):
    """A person's time in a team."""

    person: str
    since: str
    until: str | None = None
    lead: bool = False


class Team(NamedTuple):
    """A team and who was in it when."""

    id: str
    name: str
    members: tuple[Member, ...]
    since: str = "2024-03-01"
    until: str | None = None


PEOPLE = (
    Person("ingrid.solheim", "Ingrid Solheim", "Head of Platform", "2023-08-01"),
    Person("tomasz.wrona", "Tomasz Wrona", "Platform engineer", "2024-01-15"),
    Person("mei.tran", "Mei Tran", "Platform engineer", "2025-09-01"),
    Person("amara.diallo", "Amara Diallo", "Lead, Booking", "2023-05-01"),
    Person("jonas.lind", "Jonas Lind", "Engineer, Booking", "2024-06-01"),
    Person("rafael.duarte", "Rafael Duarte", "Lead, Quotes", "2024-02-01"),
    Person("yuki.tanabe", "Yuki Tanabe", "Engineer, Quotes", "2025-01-07"),
    Person("elena.petrescu", "Elena Petrescu", "Lead, Data", "2023-11-01"),
    Person("samuel.okoye", "Samuel Okoye", "Lead, Tracking", "2024-04-01"),
    Person("piotr.zielinski", "Piotr Zielinski", "Yard systems", "2022-10-01", "2026-04-30"),
    Person("greta.holm", "Greta Holm", "Lead, Customs (to February 2026)", "2023-02-01"),
    Person("leo.marchetti", "Leo Marchetti", "Lead, Compliance Systems", "2025-10-01"),
    Person("nadia.haddad", "Nadia Haddad", "Chief information security officer", "2023-01-09"),
    Person("frida.berg", "Frida Berg", "Security analyst", "2025-03-01"),
    Person("bram.dewit", "Bram de Wit", "Contractor, Harbour Lane Consulting", "2026-02-01"),
)

TEAMS = (
    Team(
        "platform",
        "Platform Engineering",
        (
            Member("ingrid.solheim", "2024-03-01", lead=True),
            Member("tomasz.wrona", "2024-03-01"),
            Member("mei.tran", "2025-09-01"),
        ),
    ),
    Team("booking", "Booking", (Member("amara.diallo", "2024-03-01", lead=True), Member("jonas.lind", "2024-06-01"))),
    Team("quotes", "Quotes", (Member("rafael.duarte", "2024-03-01", lead=True), Member("yuki.tanabe", "2025-01-07"))),
    Team("tracking", "Tracking", (Member("samuel.okoye", "2024-04-01", lead=True),)),
    Team("customs", "Customs", (Member("greta.holm", "2024-03-01", "2026-03-01", lead=True),), until="2026-03-01"),
    Team(
        "compliance",
        "Compliance Systems",
        (Member("leo.marchetti", "2025-10-01", lead=True), Member("greta.holm", "2026-03-01")),
        since="2025-10-01",
    ),
    Team("yard", "Yard Systems", (Member("piotr.zielinski", "2024-03-01", "2026-05-01", lead=True),)),
    Team(
        "data",
        "Data",
        (Member("elena.petrescu", "2024-03-01", lead=True), Member("bram.dewit", "2026-02-01")),
    ),
    Team("security", "Security", (Member("nadia.haddad", "2024-03-01", lead=True), Member("frida.berg", "2025-03-01"))),
)

GITHUB_LOGINS = {
    "ingrid.solheim": "isolheim-fk",
    "tomasz.wrona": "twrona-fk",
    "mei.tran": "mtran-fk",
    "amara.diallo": "adiallo-fk",
    "jonas.lind": "jlind-fk",
    "rafael.duarte": "rduarte-fk",
    "yuki.tanabe": "ytanabe-fk",
    "elena.petrescu": "epetrescu-fk",
    "samuel.okoye": "sokoye-fk",
    "leo.marchetti": "lmarchetti-fk",
    "greta.holm": "gholm-fk",
    "nadia.haddad": "nhaddad-fk",
    "piotr.zielinski": "pzielinski-fk",
}


def role(name: str) -> str:
    """ARN of a role of the company's account."""
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"
