"""The words of the reports: what each party, status, basis and layer is called, and what it means.

One place, so that terminal, page and glossary agree. Knows the model's words, not how anything is drawn.
"""

from __future__ import annotations

from msgspec import Struct

from demarc.model.assessment import Status
from demarc.model.boundary import Basis, Confidence, Party
from demarc.model.duties import Layer
from demarc.model.evidence import GapReason, Grade
from demarc.model.inventory import Installer, Management
from demarc.model.roles import Verdict

UNCOVERED = Status.UNCOVERED.value
"""Stands for rows without a party, as in ``Tally.by_layer``."""


class Word(Struct, frozen=True, kw_only=True):
    """How a value is called, and what that means."""

    key: str
    label: str
    means: str
    letter: str = ""
    """One character that stands for it where there is no room, or no colour."""


def _by_key(*words: Word) -> dict[str, Word]:
    return {word.key: word for word in words}


PARTIES: dict[str, Word] = _by_key(
    Word(
        key=Party.PROVIDER,
        label="Provider",
        letter="P",
        means="The provider performs it; nothing you do is needed for it to happen.",
    ),
    Word(
        key=Party.CUSTOMER,
        label="Customer",
        letter="C",
        means="You must perform it; the provider at most publishes material.",
    ),
    Word(
        key=Party.SHARED,
        label="Shared",
        letter="S",
        means="Both sides must act; the note of the row says who does what.",
    ),
    Word(
        key=Party.THIRD_PARTY,
        label="Third party",
        letter="T",
        means="Another firm or project performs it. You still answer for having chosen it.",
    ),
    Word(
        key=Party.AMBIGUOUS,
        label="Ambiguous",
        letter="?",
        means="The provider's own pages conflict or are silent; both readings are tenable. See the ambiguities.",
    ),
    Word(
        key=UNCOVERED,
        label="Uncovered",
        letter="-",
        means="No row of the boundary answers it for this provider and model. It is not guessed.",
    ),
    Word(
        key=Status.UNKNOWN,
        label="Unknown",
        letter="U",
        means="The answer hangs on something that was not seen. The likely party is named, but not counted as held.",
    ),
)
"""Who must act, in the order in which reports show them."""

VERDICTS: dict[str, Word] = _by_key(
    Word(
        key=Verdict.SAYS_SO,
        label="says so",
        letter="✓",
        means="Somebody other than the register shows that whoever is named did it.",
    ),
    Word(
        key=Verdict.SAYS_OTHERWISE,
        label="says otherwise",
        letter="✗",
        means="Somebody else did it, nobody did, or who did it was the author.",
    ),
    Word(
        key=Verdict.MISSING,
        label="missing",
        letter="?",
        means="Nothing that was given shows it, or nobody can tell whose account did it.",
    ),
)
"""What evidence says of a role."""

STATUSES: dict[str, Word] = _by_key(
    Word(key=Status.UNOWNED, label="Unowned", means="It is yours, and the register names nobody for it."),
    Word(
        key=Status.LAPSED,
        label="Lapsed",
        means="There was an owner, whose time has ended, who has left, or whom nobody knows.",
    ),
    Word(
        key=Status.CONFLICT,
        label="Conflict",
        means="Two owners are named equally specifically. Neither is preferred by guessing.",
    ),
    Word(
        key=Status.OVERDUE,
        label="Overdue",
        means="It has an owner, but the last review is older than its cadence, or none is on record.",
    ),
    Word(
        key=Status.UNCOVERED,
        label="Uncovered",
        means="No row of the boundary says whose it is. Ask, and write it down.",
    ),
    Word(
        key=Status.UNKNOWN,
        label="Unknown",
        means="The answer hangs on something that was not seen. It is not a pass.",
    ),
    Word(
        key=Status.AMBIGUOUS,
        label="Ambiguous",
        means="Two readings are tenable. The ambiguity register has both, and how to settle it.",
    ),
    Word(key=Status.ASSIGNED, label="Assigned", means="It is yours, and a named owner holds it as of the date."),
    Word(key=Status.PROVIDER, label="Provider's", means="The provider performs it, on the basis that the row cites."),
)
"""Where a row stands, the most urgent first."""

BASES: dict[str, Word] = _by_key(
    Word(key=Basis.SPECIFIC, label="specific statement", means="A page names this part and duty and says who does it."),
    Word(
        key=Basis.GENERAL_CLAUSE,
        label="general clause",
        means="A page assigns the whole class, and the duty plainly falls in it.",
    ),
    Word(
        key=Basis.RESIDUAL,
        label="residual",
        means="Nothing published claims it for the provider, and it lies on your own ground.",
    ),
    Word(
        key=Basis.INFERENCE, label="inference", means="Not read anywhere; concluded. Confirm it before you rely on it."
    ),
    Word(
        key=Basis.CONTRACT,
        label="your contract",
        means="Your own agreement, from the register. It overrides every published page.",
    ),
    Word(
        key=Basis.CONFIRMED,
        label="confirmed reading",
        means="Pages leave it open; a named person confirmed one of the readings by a document, until a day.",
    ),
)

CONFIDENCES: dict[str, str] = {
    Confidence.HIGH: "high: the source names this part and duty",
    Confidence.MEDIUM: "medium: follows from a clause or a broader statement",
    Confidence.LOW: "low: not read in a source",
}

LAYERS: dict[str, Word] = _by_key(
    Word(key=Layer.PLATFORM, label="Platform", means="what the provider runs beneath the cluster"),
    Word(key=Layer.CLUSTER, label="Cluster", means="settings of the managed cluster"),
    Word(key=Layer.NODE, label="Nodes", means="images, patching and hardening of the machines"),
    Word(key=Layer.ADDON, label="Add-ons", means="what runs in the cluster for the cluster"),
    Word(key=Layer.IDENTITY, label="Identity", means="who and what may act, and with which rights"),
    Word(key=Layer.SECRET, label="Secrets", means="keeping, reading and rotating secrets"),
    Word(key=Layer.ADMISSION, label="Admission", means="what may enter the cluster"),
    Word(key=Layer.WORKLOAD, label="Workloads", means="the applications themselves"),
    Word(key=Layer.NETWORK, label="Network", means="exposure, segmentation and perimeter"),
    Word(key=Layer.SUPPLY, label="Supply chain", means="what happens before the cluster"),
    Word(key=Layer.DELIVERY, label="Delivery", means="how changes get in"),
    Word(key=Layer.MONITORING, label="Monitoring", means="who watches, and for how long it is kept"),
    Word(key=Layer.RESPONSE, label="Response", means="containment, evidence and recovery"),
    Word(key=Layer.GOVERNANCE, label="Governance", means="ownership, boundary, exceptions and suppliers"),
    Word(key=Layer.ENDPOINT, label="Endpoints", means="the machines of the people with access"),
)
"""Where a duty bites, from the provider's floor up."""

GRADES: dict[int, Word] = {
    Grade.NAMED: Word(
        key="1", label="named", means="Names and labels: anybody who can write the object can write them."
    ),
    Grade.BUILT: Word(key="2", label="built", means="Image and tag: says who built it, not who put it there."),
    Grade.WRITTEN: Word(key="3", label="written", means="Fields that the API server or cloud controller writes."),
    Grade.ANSWERED: Word(key="4", label="answered", means="The provider's own API answered it."),
}
"""How hard evidence is to forge, weakest first."""

INSTALLERS: dict[str, str] = {
    Installer.PROVIDER: "provider",
    Installer.CUSTOMER: "customer",
    Installer.THIRD_PARTY: "third party",
    Installer.UNKNOWN: "unknown",
}

MANAGEMENTS: dict[str, str] = {
    Management.SERVICE: "part of the service",
    Management.NODE_IMAGE: "comes with the node image",
    Management.PROVIDER_ADDON: "provider's add-on",
    Management.OPERATOR: "platform operator",
    Management.HELM: "Helm",
    Management.GITOPS: "GitOps",
    Management.MANIFEST: "applied by hand",
    Management.UNKNOWN: "not known",
}

REASONS: dict[str, str] = {
    GapReason.FORBIDDEN: "not allowed to read it",
    GapReason.UNAVAILABLE: "the API did not answer",
    GapReason.EXPIRED: "the list expired while it was read",
    GapReason.MALFORMED: "could not be parsed",
    GapReason.TRUNCATED: "ends too early",
    GapReason.TOO_LARGE: "larger than the limit",
    GapReason.UNKNOWN_SHAPE: "a shape that Demarc does not know",
    GapReason.NOT_GIVEN: "not given",
    GapReason.INTERRUPTED: "interrupted",
    GapReason.REFUSED: "refused for safety",
}

AMBIGUITIES: dict[str, str] = {
    "contradiction": "the provider's pages contradict each other",
    "silence": "no page says it",
    "unseen-fact": "hangs on a fact that was not seen",
    "installer-unknown": "who installed it is not known",
    "provider-unknown": "no provider was identified",
}

_NO_TERM = "no standard value"
"""What the vocabulary says where a standard has no term."""

STANDARDS: dict[str, str] = {
    "csa_ssrm": "CSA SSRM",
    "fedramp_origination": "FedRAMP",
    "oscal_export": "OSCAL",
    "nist_800_53": "NIST SP 800-53",
    "crm_inheritance": "CRM inheritance",
}


def party_key(party: Party | None, status: Status) -> str:
    """Under which party a row is shown and counted.

    ``uncovered`` where there is none; ``unknown`` where the answer hangs on something that was not seen: its likely
    party must not look like a settled one.
    """
    if status is Status.UNKNOWN:
        return Status.UNKNOWN.value
    return UNCOVERED if party is None else party.value


def label_of(words: dict[str, Word], key: str) -> str:
    """Label of a key; the key itself where no word is known for it."""
    word = words.get(key)
    return key if word is None else word.label


PROVIDERS: dict[str, str] = {
    "eks": "Amazon EKS",
    "gke": "Google Kubernetes Engine",
    "aks": "Azure Kubernetes Service",
    "rosa": "Red Hat OpenShift Service on AWS",
    "aro": "Azure Red Hat OpenShift",
    "oke": "Oracle Container Engine for Kubernetes",
    "ibm": "IBM Cloud Kubernetes Service",
    "doks": "DigitalOcean Kubernetes",
    "lke": "Akamai LKE",
    "ovh": "OVHcloud Managed Kubernetes",
    "scaleway": "Scaleway Kapsule",
    "ack": "Alibaba Cloud ACK",
    "self_managed": "self-managed Kubernetes",
}

PLANES: dict[str, str] = {
    "cluster": "access to the cluster",
    "workload": "access of what runs in it",
    "none": "",
}


def called(vocabulary: dict[str, dict[str, str]], party: str) -> list[tuple[str, str]]:
    """What standards call a party, as (standard, term); without those that have no word for it."""
    terms = vocabulary.get(party, {})
    return [(STANDARDS.get(name, name), term) for name, term in terms.items() if term and term != _NO_TERM]
