"""The format of the register, described once: the reader and the published JSON Schema are both made from this.

Holds no code that reads; says which keys there are, what their values are, and what each is for.
"""

from __future__ import annotations

from demarc.register.fields import Field, Kind, Record

_FROM = Field(
    name="valid_from",
    kind=Kind.MOMENT,
    doc="First moment at which the entry holds. A date is its first moment in UTC. Left out: it always held.",
    ask="write the day from which it holds, or remove the line",
    alike=("from", "since", "start", "begin", "starts", "start_date"),
)
_TO = Field(
    name="valid_to",
    kind=Kind.MOMENT,
    doc="First moment at which the entry no longer holds: `valid_to: 2026-07-01` ends with 30 June. "
    "The next holder's `valid_from` is the same day. Left out: it has no end.",
    ask="write the first day on which it no longer holds, or remove the line",
    alike=("to", "until", "end", "ends", "expires", "expiry", "end_date", "expires_at", "valid_until"),
)
_DUTY_DOC = "Duty id (`identity.rbac`), pattern (`identity.*`, `*`), or a list of them."
_DUTY = Field(name="duty", kind=Kind.DUTIES, doc=_DUTY_DOC, ask="name the duty, or a pattern such as identity.*")
_DUTIES = Field(name="duties", kind=Kind.DUTIES, doc=_DUTY_DOC + " The same as `duty`.", ask="name the duties")


def _names(name: str, doc: str, *alike: str) -> Field:
    return Field(
        name=name, kind=Kind.NAMES, doc=f"{doc} A name or glob (`*`, `?`), or a list.", ask="name it", alike=alike
    )


SCOPE = Record(
    name="scope",
    doc="Where it holds. Keys that are there must all match; a list matches any of its names. Without a scope: "
    "everywhere. The most specific scope wins.",
    fields=(
        _names("cluster", "Name of the cluster.", "clusters"),
        _names("pool", "Node pool, node group or Fargate profile.", "pools", "node_pool", "nodepool"),
        _names("component", "Component, such as `coredns` or `cert-manager`.", "components", "addon"),
        _names("namespace", "Namespace.", "namespaces", "ns"),
        _names(
            "workload", "Workload as `name` or `Kind/name`, within the namespace.", "workloads", "deployment", "app"
        ),
        _names("identity", "Identity, such as `User/bob` or `payments/ServiceAccount/api`.", "identities", "user"),
        _names(
            "pipeline", "Repository or pipeline, such as `github.com/acme/shop`.", "pipelines", "repository", "repo"
        ),
        Field(
            name="labels",
            kind=Kind.PAIRS,
            doc="Labels that the object, or its namespace, carries. All must match.",
            ask="write the labels",
            alike=("label", "matchLabels", "selector"),
        ),
    ),
    ordered=(),
)

_SCOPE = Field(name="scope", kind=Kind.RECORD, record=SCOPE, doc=SCOPE.doc, ask="say where it holds", alike=("where",))

PERSON = Record(
    name="person",
    doc="A person who can hold duties.",
    fields=(
        Field(
            name="id",
            kind=Kind.ID,
            required=True,
            doc="What the person is called in this register.",
            ask="give an id",
        ),
        Field(name="name", kind=Kind.TEXT, doc="Name as people write it. Left out: the id.", ask="write the name"),
        Field(
            name="contact",
            kind=Kind.TEXT,
            doc="Where the person is reached, best the mail address that the directory knows.",
            ask="write where the person is reached",
            alike=("email", "mail", "slack"),
        ),
        Field(
            name="accounts",
            kind=Kind.WORDS,
            doc="Names under which the person acts elsewhere: a login at the repository host, a user of the cluster.",
            ask="write the logins, or remove the line",
            alike=("account", "logins", "login", "usernames", "handles"),
        ),
        _FROM,
        _TO,
    ),
)

MEMBER = Record(
    name="member",
    doc="A person's time in a team. A bare id stands for somebody who is in it without limit.",
    short_for="person",
    fields=(
        Field(
            name="person",
            kind=Kind.PERSON,
            required=True,
            doc="Id of the person.",
            ask="name a person who is in the team",
            alike=("id", "name", "user"),
        ),
        Field(name="lead", kind=Kind.FLAG, doc="Leads the team; named first.", ask="write true or false"),
        _FROM,
        _TO,
    ),
)

TEAM = Record(
    name="team",
    doc="A team that can hold duties. It holds them while somebody is in it.",
    fields=(
        Field(
            name="id", kind=Kind.ID, required=True, doc="What the team is called in this register.", ask="give an id"
        ),
        Field(name="name", kind=Kind.TEXT, doc="Name as people write it. Left out: the id.", ask="write the name"),
        Field(
            name="contact",
            kind=Kind.TEXT,
            doc="Where the team is reached: address, channel or rota.",
            ask="write where the team is reached",
            alike=("email", "mail", "slack", "channel"),
        ),
        Field(
            name="aliases",
            kind=Kind.WORDS,
            doc="Other spellings, as labels, Backstage or CODEOWNERS write the team.",
            ask="write the other spellings, or remove the line",
            alike=("alias", "also", "aka"),
        ),
        Field(
            name="members",
            kind=Kind.RECORDS,
            record=MEMBER,
            doc="Who is in the team, and when.",
            ask="name the people in the team",
            alike=("people", "persons", "member"),
        ),
        _FROM,
        _TO,
    ),
)

ASSIGNMENT = Record(
    name="assignment",
    doc="Who holds which duties where, and for how long.",
    one_of=(("duty", "duties"),),
    fields=(
        _DUTY,
        _DUTIES,
        _SCOPE,
        Field(
            name="owner",
            kind=Kind.HOLDER,
            required=True,
            doc="Person or team that answers for the duty. `team:x` or `person:x` where an id is both.",
            ask="name the person or team that answers for it",
            alike=("team", "person", "assignee", "responsible", "accountable", "control_owner"),
        ),
        Field(
            name="approver",
            kind=Kind.HOLDER,
            doc="Who approves changes; somebody other than the owner.",
            ask="name who approves, or remove the line",
            alike=("approved_by", "approvers"),
        ),
        Field(
            name="reviewer",
            kind=Kind.HOLDER,
            doc="Who checks that it is done; somebody other than the owner.",
            ask="name who reviews, or remove the line",
            alike=("reviewed_by", "reviewers"),
        ),
        Field(
            name="rotator",
            kind=Kind.HOLDER,
            doc="Who rotates the credentials that the duty is about.",
            ask="name who rotates, or remove the line",
        ),
        Field(
            name="review_every",
            kind=Kind.LENGTH,
            doc="How often it must be reviewed: `90d`, `12w`, `6m` (30 days each) or `1y` (365 days).",
            ask="write a length such as 90d, or remove the line",
            alike=("cadence", "review", "review_cadence", "every", "interval"),
        ),
        _FROM,
        _TO,
    ),
)

REVIEW = Record(
    name="review",
    doc="A review that was done.",
    one_of=(("duty", "duties"),),
    ordered=(),
    fields=(
        _DUTY,
        _DUTIES,
        _SCOPE,
        Field(
            name="by",
            kind=Kind.HOLDER,
            required=True,
            doc="Who did it.",
            ask="name who did it",
            alike=("reviewer", "person", "who", "reviewed_by"),
        ),
        Field(
            name="date",  # not `on`: YAML 1.1 takes that for true
            kind=Kind.MOMENT,
            required=True,
            doc="When it was done.",
            ask="write the day on which it was done",
            alike=("on", "when", "at", "done", "day"),
        ),
        Field(
            name="evidence",
            kind=Kind.TEXT,
            doc="Where the result lies: ticket, pull request, document.",
            ask="name the ticket or document, or remove the line",
            alike=("ticket", "link", "url"),
        ),
    ),
)

EXCEPTION = Record(
    name="exception",
    doc="A duty that is knowingly not met for a time.",
    one_of=(("duty", "duties"),),
    fields=(
        Field(name="id", kind=Kind.ID, required=True, doc="What reports call it.", ask="give an id"),
        _DUTY,
        _DUTIES,
        _SCOPE,
        Field(
            name="reason",
            kind=Kind.TEXT,
            required=True,
            doc="Why it is not met, and what limits the damage.",
            ask="say why",
            alike=("why", "justification", "because"),
        ),
        Field(
            name="owner",
            kind=Kind.HOLDER,
            required=True,
            doc="Who answers for it ending in time.",
            ask="name who answers for it ending in time",
            alike=("team", "requested_by", "person"),
        ),
        Field(
            name="approved_by",
            kind=Kind.HOLDER,
            required=True,
            doc="Who accepted the risk; somebody other than the owner.",
            ask="name who accepted the risk, somebody other than the owner",
            alike=("approver", "approved", "accepted_by"),
        ),
        _FROM,
        Field(
            name="valid_to",
            kind=Kind.MOMENT,
            required=True,
            doc=_TO.doc.removesuffix(" Left out: it has no end.") + " An exception always has an end.",
            ask="write the first day on which it no longer holds: exceptions always end",
            alike=_TO.alike,
        ),
    ),
)

CONTRACT = Record(
    name="contract",
    doc="A clause of your agreement that says who performs a duty. It overrides the published boundary.",
    one_of=(("duty", "duties"),),
    fields=(
        Field(name="id", kind=Kind.ID, required=True, doc="What reports call it.", ask="give an id"),
        _DUTY,
        _DUTIES,
        Field(
            name="components",
            kind=Kind.PARTS,
            doc="Parts of the cluster that the clause is about. Left out: every part of the duty.",
            ask="name the parts, or remove the line",
            alike=("parts", "component", "part"),
        ),
        _SCOPE,
        Field(
            name="party",
            kind=Kind.PARTY,
            required=True,
            doc="Who performs it by the clause.",
            ask="write provider, customer, shared or third_party",
        ),
        Field(
            name="supplier",
            kind=Kind.SUPPLIER,
            doc="Id of the supplier that performs it, where the party is third_party.",
            ask="name the supplier, or remove the line",
        ),
        Field(
            name="document",
            kind=Kind.TEXT,
            required=True,
            doc="Title and date of the document.",
            ask="name the document",
            alike=("doc", "agreement", "contract"),
        ),
        Field(
            name="clause",
            kind=Kind.NUMBERED,
            required=True,
            doc="Number or title of the clause.",
            ask="name the clause",
            alike=("section", "paragraph"),
        ),
        _FROM,
        _TO,
    ),
)

SUPPLIER = Record(
    name="supplier",
    doc="A third party that makes or runs something in the cluster.",
    fields=(
        Field(name="id", kind=Kind.ID, required=True, doc="What the register calls it.", ask="give an id"),
        Field(name="name", kind=Kind.TEXT, doc="Name of the firm. Left out: the id.", ask="write the name"),
        Field(
            name="contact",
            kind=Kind.TEXT,
            doc="Where its security team is reached.",
            ask="write where it is reached",
            alike=("email", "mail", "url"),
        ),
        _names("components", "Components that it makes or runs.", "component", "products"),
        Field(
            name="owner",
            kind=Kind.HOLDER,
            doc="Who in the house holds it to its duties.",
            ask="name who holds it to its duties",
            alike=("team", "person"),
        ),
        _FROM,
        _TO,
    ),
)

CODEOWNERS = Record(
    name="codeowners",
    doc="What a CODEOWNERS or OWNERS file stands for.",
    ordered=(),
    fields=(
        Field(
            name="file",
            kind=Kind.TEXT,
            required=True,
            doc="The file, relative to the register.",
            ask="name the file",
            alike=("path",),
        ),
        Field(
            name="repository",
            kind=Kind.TEXT,
            doc="Its repository, such as `github.com/acme/shop`. Left out: the folders it lies in say.",
            ask="name the repository",
            alike=("repo", "pipeline"),
        ),
        Field(
            name="paths",
            kind=Kind.PAIRS,
            doc="Folder of the repository -> namespace that it deploys. Only what is listed here becomes an owner of a "
            "namespace.",
            ask="map folders to namespaces, or remove the line",
            alike=("namespaces", "folders"),
        ),
    ),
)

SETTINGS = Record(
    name="settings",
    doc="How owners are found outside the register.",
    ordered=(),
    fields=(
        Field(
            name="owner_labels",
            kind=Kind.WORDS,
            doc="Labels and annotations that carry an owner, first match wins. Left out: the common ones.",
            ask="name the labels, or remove the line",
            alike=("owner_label", "labels", "owner_annotations"),
        ),
        Field(
            name="contact_annotations",
            kind=Kind.WORDS,
            doc="Labels and annotations that carry a contact. Left out: the common ones.",
            ask="name the annotations, or remove the line",
            alike=("contact_labels", "contact_annotation"),
        ),
        Field(
            name="registries",
            kind=Kind.WORDS,
            doc="Registries and repositories that images may come from, patterns allowed: registry.example, "
            "ghcr.io/acme/*. Left out: not decided.",
            ask="name the registries, or remove the line",
            alike=("registry", "allowed_registries", "image_registries"),
        ),
        Field(
            name="codeowners",
            kind=Kind.RECORDS,
            record=CODEOWNERS,
            doc="Repositories of CODEOWNERS and OWNERS files, and the namespaces that their folders deploy.",
            ask="describe the files, or remove the line",
            alike=("codeowners_paths",),
        ),
    ),
)


def _section(name: str, record: Record, doc: str, *alike: str) -> Field:
    ask = f"write the {name}, each starting with '- ', or remove the line"
    return Field(name=name, kind=Kind.RECORDS, record=record, doc=doc, ask=ask, alike=alike)


DOCUMENT = Record(
    name="register",
    doc="A file of the register. Any file may hold any of the sections; the sections of all files are taken together.",
    ordered=(),
    fields=(
        _section("people", PERSON, "People who can hold duties.", "persons", "person", "users"),
        _section("teams", TEAM, "Teams that can hold duties.", "team", "groups"),
        _section("assignments", ASSIGNMENT, "Who holds which duties where.", "assignment", "owners", "duties"),
        _section("reviews", REVIEW, "Reviews that were done.", "review"),
        _section("exceptions", EXCEPTION, "Duties that are knowingly not met for a time.", "exception", "waivers"),
        _section("contracts", CONTRACT, "Clauses that override the published boundary.", "contract", "terms"),
        _section("suppliers", SUPPLIER, "Third parties that make or run something.", "supplier", "vendors"),
        Field(
            name="settings",
            kind=Kind.RECORD,
            record=SETTINGS,
            doc=SETTINGS.doc,
            ask="write the settings, or remove the line",
            alike=("config", "options"),
        ),
    ),
)
