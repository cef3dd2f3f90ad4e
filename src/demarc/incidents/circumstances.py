"""What the course of an incident says of a step's duty: who put the thing there, what came before, what is known since.

Asked before anything is looked up in the tables (``duties``). The same kind of rules: the first that speaks decides.
"""

from __future__ import annotations

from demarc.catalog.attribution import Nature
from demarc.catalog.duties import duties
from demarc.incidents.phases import Phase
from demarc.incidents.view import Chosen, View, chosen
from demarc.model.duties import Layer, Stage
from demarc.model.incidents import CredentialUse, DefectClass, InstalledBy, ManagedBy, Reason, StepBasis

_OWN_GUARDS = {Nature.DEPLOY, Nature.CHANGE, Nature.BLIND, Nature.PERSIST}
"""Acts that a guard of their own could have stopped, whatever credential they were done with."""
TAKEN = {CredentialUse.STOLEN, CredentialUse.LEAKED, CredentialUse.FORGED, CredentialUse.INHERITED}
_OTHERS = {InstalledBy.THIRD_PARTY, InstalledBy.INTRUDER}
_ON_NODES = {"node", "node_software", "kubelet", "metadata", "joining"}
_NO_BUILDERS = {"dependencies", "registry", "source", "pipeline_identity", "device"}
"""Families of the build whose own duty is nearer than that of the builder."""


def first_execution(view: View) -> Chosen | None:
    """A flaw that fired in a builder is a matter of the build, whatever it would have been on a node."""
    if view.step.where is not Stage.BUILD or view.step.inside_cluster or view.defect is not DefectClass.VULNERABILITY:
        return None
    if view.family_name in _NO_BUILDERS:
        return None
    return chosen(
        "supply.pipeline-trust", "first_execution", f"{view.part.name} first ran in a builder, outside the cluster"
    )


def left_valid(view: View) -> Chosen | None:
    """A credential that was known to be exposed before it was used: revoking it was the duty, and was not done."""
    defect = view.part.defect
    if defect is None or defect.kind is not DefectClass.LEAKED_CREDENTIAL or view.part.installed_by in _OTHERS:
        return None
    told = [day for day in (defect.disclosed, defect.fix_released, view.ground.notice) if day is not None]
    known_before = [day for day in told if day.last < view.ground.since.first]
    ended = defect.fix_applied is not None and defect.fix_applied.last < view.ground.since.first
    if not known_before or ended or view.family_name == "device":
        return None
    says = f"{view.part.name} was known to be exposed since {min(known_before).text}, and still worked"
    return chosen("response.revocation", "response", says)


def left_with_access(view: View) -> Chosen | None:
    """Somebody who has left and still gets in: that access was to be taken away, however it was once given."""
    if view.act.duty != "identity.offboarding" or view.part.installed_by is InstalledBy.PROVIDER:
        return None
    if view.family_name not in {
        "login",
        "rights",
        "accounts",
        "credential",
        "revocable",
        "certificates",
        "cloud_identity",
    }:
        return None
    return chosen("identity.offboarding", "root", f"{view.part.name} outlived whom it was given to", "identity.rbac")


def left_behind(view: View) -> Chosen | None:
    """What an intruder put there and what works on after the door was closed: the clean-up was not finished."""
    if view.part.installed_by is not InstalledBy.INTRUDER or view.act.nature is not Nature.PERSIST:
        return None
    if not any(one.part.id == view.part.id for one in view.earlier):
        return None
    return chosen("response.tenant", "response", f"{view.part.name} outlived the closing of the door it came through")


def rented_service(view: View) -> Chosen | None:
    """For whoever rents a service, all under it is the service's: keeping its users apart."""
    if not view.ground.is_service_user or view.part.installed_by is not InstalledBy.PROVIDER:
        return None
    if view.family_name in {"component_identity", "rights"}:
        return chosen("addon.privileges", "recursion", f"{view.part.name} holds more than its task on a shared cluster")
    if view.family_name in {"node_software", "node"} and view.held.phase in {Phase.AFTER, Phase.ACROSS}:
        return chosen(
            "node.patching",
            "recursion",
            f"{view.part.name} of the service was not kept up",
            "platform.tenant-isolation",
        )
    return chosen(
        "platform.tenant-isolation", "recursion", "who rents out parts of a shared cluster keeps its users apart"
    )


def late_harm(view: View) -> Chosen | None:
    """Mining, call-backs, altered or stolen data: harm that is done after the door was opened elsewhere."""
    if view.act.nature is not Nature.HARM:
        return None
    if view.part.defect is not None and not view.is_after_cause:
        return None
    return chosen(view.act.duty, "root", "harm that follows: seeing it is a duty of its own")


def looked_around(view: View) -> Chosen | None:
    """Looking around from a part that had already been taken: nothing was broken again, but it could be seen."""
    if view.act.nature is not Nature.LOOK or not view.is_after_cause or view.family.kind_decides:
        return None
    if view.defect not in {DefectClass.VULNERABILITY, DefectClass.MALICIOUS_RELEASE}:
        return None
    return chosen("monitoring.runtime-detection", "root", "looking around after the door was open", view.act.duty)


def covered_tracks(view: View) -> Chosen | None:
    """An intruder takes its own thing away: what was not kept by then is gone."""
    if view.part.installed_by is not InstalledBy.INTRUDER or view.act.nature is not Nature.BLIND:
        return None
    return chosen("response.evidence", "response", f"{view.part.name} was taken away before it was kept", view.act.duty)


def evidence_removed(view: View) -> Chosen | None:
    """Logs that are cleared in a clean-up, by people with a right to do so: kept first, they would tell."""
    if "response.evidence" not in view.act.also or view.is_first:
        return None
    if view.defect is not None or view.step.credential not in {None, CredentialUse.OWN}:
        return None
    return chosen(
        "response.evidence", "response", f"{view.part.name} was cleared before a copy was kept", view.act.duty
    )


def planted(view: View) -> Chosen | None:
    """A thing of the intruder: rights are a matter of RBAC, workloads and images of what is let in."""
    if view.part.installed_by is not InstalledBy.INTRUDER:
        return None
    if view.family_name in {"rights", "accounts"}:
        return chosen("identity.rbac", "installer", f"{view.part.name} was made with rights that somebody had given")
    return chosen("admission.policy", "installer", f"{view.part.name} was let in: nothing stopped it at the door")


def let_in(view: View) -> Chosen | None:
    """Something new is started as a workload, by whatever right or deputy: what is let in is a matter of admission."""
    if view.defect is not None or view.family_name not in {"workload", "image"}:
        return None
    if view.act.nature not in {Nature.DEPLOY, Nature.DEPUTY}:
        return None
    return chosen("admission.policy", "root", f"{view.part.name} was let in: nothing stopped it", view.act.duty)


def of_a_supplier(view: View) -> Chosen | None:
    """What a supplier runs for the build is, for its customer, a matter of whom the pipeline trusts."""
    if view.part.installed_by is not InstalledBy.THIRD_PARTY or view.step.where is not Stage.BUILD:
        return None
    if view.family_name not in {"device", "service", "pipeline", "credential", "source", "pipeline_identity"}:
        return None
    return chosen("supply.pipeline-trust", "root", f"{view.part.name} is run by a supplier of the build")


def joins_a_node(view: View) -> Chosen | None:
    """What a node or its host gives out and a node then joins with: the credentials of joining."""
    if view.family_name not in _ON_NODES:
        return None
    takes = view.act.nature in {Nature.METADATA, Nature.EXPOSURE}
    joined = (view.act, view.next_act, *(one.act for one in view.earlier if one.part.id == view.part.id))
    own = view.goes_on_here and view.next_act is not None and "node.bootstrap" in view.next_act.also
    if not takes or not (own or any(one is not None and one.duty == "node.bootstrap" for one in joined)):
        return None
    return chosen("node.bootstrap", "root", "it gave out what a node joins with", "node.metadata", "platform.defaults")


def carried_on(view: View) -> Chosen | None:
    """A taken credential that goes on to be used on the part that gave it: the duty that let it go still governs."""
    goes_on = {None, DefectClass.LEAKED_CREDENTIAL, DefectClass.DEFAULT}
    if view.defect not in goes_on or view.step.credential not in TAKEN:
        return None
    same = [one for one in view.earlier if one.part.id == view.part.id and one.step.basis is not StepBasis.ASSUMED]
    if not same or same[-1].chosen is None or view.act.nature in _OWN_GUARDS:
        return None
    said = same[-1].chosen
    return Chosen(
        duty=said.duty, reason=Reason(rule="root", says=f"goes on from step {same[-1].step.n}"), also=said.also
    )


def as_the_node(view: View) -> Chosen | None:
    """Acting as a node with what the metadata service gave out: metadata and the node's role are one duty."""
    if view.defect is not None or view.act.nature is not Nature.NODE or view.step.credential not in TAKEN:
        return None
    if view.family_name not in {"login", "node", "metadata"}:
        return None
    gave = next((one for one in reversed(view.earlier[-2:]) if one.act.nature is Nature.METADATA), None)
    if gave is None:
        return None
    reason = Reason(rule="root", says=f"the node's own credential, given out in step {gave.step.n}")
    return Chosen(duty="node.metadata", reason=reason, held=gave.held)


def opened_by_a_secret(view: View) -> Chosen | None:
    """What a found secret opens: the duty that let the secret lie where it was found still governs."""
    if view.defect is not None or view.act.duty != "secret.rotation" or view.step.credential not in TAKEN:
        return None
    for one in reversed(view.earlier):
        if one.chosen is not None and _layer(one.chosen.duty) is Layer.SECRET:
            reason = Reason(rule="root", says=f"opened by what was found in step {one.step.n}")
            return Chosen(duty=one.chosen.duty, reason=reason, also=("secret.rotation",), held=one.held)
    return None


def deployed_past_the_gate(view: View) -> Chosen | None:
    """Something running is changed with a genuine deploy identity: the right was meant, the approval was missing."""
    if view.defect is not None or view.act.nature is not Nature.CHANGE:
        return None
    by_pipeline = view.part.managed_by is ManagedBy.PIPELINE or any(
        one.chosen is not None and _layer(one.chosen.duty) is Layer.SUPPLY for one in view.earlier
    )
    if not by_pipeline or view.step.credential not in {*TAKEN, CredentialUse.SHARED}:
        return None
    says = "changed with a deploy identity that may change it, past what was approved"
    return chosen("delivery.change-approval", "valid_identity", says, "admission.policy")


def _layer(duty: str) -> Layer:
    return duties()[duty].layer
