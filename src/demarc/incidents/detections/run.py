"""Asks every detection of a trail. Counting is the engine's work; only what needs a look into a body comes here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct, structs

from demarc.access.authorizer import Authorizer
from demarc.catalog.detections import detections
from demarc.events.interface import Engine, Value
from demarc.incidents.clouds.sight import CloudSight
from demarc.incidents.detections import confirm
from demarc.incidents.detections.cloud import CLOUD_DETECTIONS, kubelets
from demarc.incidents.detections.sql import ADDRESS, CREDENTIAL, SLICES, inner, rows, slice_of
from demarc.incidents.detections.stronger import Stronger
from demarc.incidents.detections.trail import Trail
from demarc.model.detections import DetectionFacts, Level, Need, Outcome, Place, Sighting, State

HABIT: Final = SLICES // 4
"""Slices of the trail in which something has to happen to be what a place does all day."""
_KEY: Final = "user_name, agent, address, credential"


class Given(Struct, frozen=True, kw_only=True):
    """What detections are given beside the trail. What is None was not given: detections that need it are unknown."""

    authorizer: Authorizer | None = None
    people: frozenset[str] | None = None
    """Lower-case names of everybody who may be here."""
    bad_addresses: tuple[str, ...] | None = None
    cloud: CloudSight | None = None

    def lacks(self, need: Need) -> str:
        """Why a detection that needs this cannot tell; empty where it can."""
        missing = {
            Need.SNAPSHOT: (self.authorizer, "no snapshot was given"),
            Need.DIRECTORY: (self.people, "neither directory nor register were given: nobody knows who belongs here"),
            Need.CLOUD: (self.cloud, "the cloud's own trail was not given"),
            Need.BAD_ADDRESSES: (self.bad_addresses, "no list of bad addresses was given"),
        }
        given, why = missing.get(need, (self, ""))
        return why if given is None else ""

    def beside(self, engine: Engine, trail: Trail) -> Given:
        """The same, with the cloud's trail seen beside the audit trail."""
        if self.cloud is None or self.cloud.placed:
            return self
        seen = self.cloud.beside(kubelets(engine, trail), trail.since_us, trail.until_us)
        return structs.replace(self, cloud=seen)


def run_detections(
    engine: Engine, trail: Trail, given: Given, *, only: Iterable[str] | None = None
) -> tuple[Outcome, ...]:
    """Ask all detections, or some by id, in the order of the catalogue."""
    wanted = detections().keys() if only is None else set(only)
    given = given.beside(engine, trail)
    return tuple(_one(engine, trail, given, facts) for name, facts in detections().items() if name in wanted)


def _one(engine: Engine, trail: Trail, given: Given, facts: DetectionFacts) -> Outcome:
    lacking = [why for need in facts.needs if (why := given.lacks(need))]
    found: tuple[Sighting, ...] = ()
    blind = 0
    if facts.sql and not (lacking and Need.CLOUD not in facts.needs):
        found, blind = _asked(engine, trail, given, facts)
    untold = ""
    if facts.level is Level.CLOUD and given.cloud is not None:
        look = CLOUD_DETECTIONS[facts.id]
        found += look.finds(given.cloud)
        untold = look.lacks(given.cloud)
    unseen = [untold] if untold else []
    unseen += lacking + [why for need in facts.needs if (why := trail.lacks(need))]
    if blind:
        unseen.append(f"{blind:,} requests that may be such a thing are recorded without what would show it")
    state = State.FIRED if found else State.UNKNOWN if unseen else State.QUIET
    return Outcome(detection=facts.id, state=state, why="; ".join(dict.fromkeys(unseen)), sightings=found, blind=blind)


def _asked(engine: Engine, trail: Trail, given: Given, facts: DetectionFacts) -> tuple[tuple[Sighting, ...], int]:
    check = check_of(engine, given, facts.id)
    parameters: dict[str, Value] = {"bad": f" {' '.join(given.bad_addresses or ())} "}
    part = slice_of("ts_us", trail.since_us, trail.width_us)
    if check is None:
        sql = (
            f"{parameters_of(facts.sql)}SELECT {_KEY}, shown, COUNT(*) AS hits, MIN(ts_us) AS first_us, "
            f"MAX(ts_us) AS last_us, COUNT(DISTINCT part) AS parts FROM ("
            f"SELECT user_name, agent, {ADDRESS} AS address, {CREDENTIAL} AS credential, shown, ts_us, {part} AS part "
            f"FROM (\n{inner(facts.sql)}\n) AS found) AS placed GROUP BY {_KEY}, shown ORDER BY first_us, {_KEY}, shown"
        )
        counted = list(rows(engine, facts.id, sql, parameters))
        sightings = tuple(_sighting(facts.id, row) for row in counted if row["shown"] == 1)
        sightings = _belonging(facts.id, given, sightings)
        return sightings, sum(int(str(row["hits"])) for row in counted if row["shown"] != 1)
    return _confirmed(engine, trail, facts, check), _blind(engine, facts)


def parameters_of(sql: str) -> str:
    """The lines in which a query says what it has to be given."""
    return "".join(f"{line}\n" for line in sql.splitlines() if line.startswith("-- parameter:"))


def _sighting(name: str, row: dict[str, Value | None]) -> Sighting:
    return Sighting(
        detection=name,
        place=Place(
            user=str(row["user_name"]),
            address=str(row["address"]),
            agent=str(row["agent"]),
            credential=str(row["credential"]),
        ),
        hits=int(str(row["hits"])),
        first_us=int(str(row["first_us"])),
        last_us=int(str(row["last_us"])),
        habit=int(str(row["parts"])) >= HABIT,
    )


def _belonging(name: str, given: Given, sightings: tuple[Sighting, ...]) -> tuple[Sighting, ...]:
    """Of people, those whom nobody knows."""
    if name != "disallowed-user" or given.people is None:
        return sightings
    known = given.people
    return tuple(one for one in sightings if one.place.user.lower() not in known)


def _confirmed(engine: Engine, trail: Trail, facts: DetectionFacts, check: confirm.Confirm) -> tuple[Sighting, ...]:
    """Look into every body that SQL left over; what is kept is counts by place."""
    hits: dict[Place, list[int]] = {}
    parts: dict[Place, set[int]] = {}
    sql = (
        f"{parameters_of(facts.sql)}SELECT *, {ADDRESS} AS address, {CREDENTIAL} AS credential "
        f"FROM (\n{inner(facts.sql)}\n) AS found WHERE shown = 1 ORDER BY ts_us, event_id"
    )
    for row in rows(engine, facts.id, sql):
        if check(row):
            place = Place(
                user=str(row["user_name"]),
                address=str(row["address"]),
                agent=str(row["agent"]),
                credential=str(row["credential"]),
            )
            moment = int(str(row["ts_us"]))
            hits.setdefault(place, []).append(moment)
            parts.setdefault(place, set()).add((moment - trail.since_us) // trail.width_us)
    return tuple(
        Sighting(
            detection=facts.id,
            place=place,
            hits=len(moments),
            first_us=min(moments),
            last_us=max(moments),
            habit=len(parts[place]) >= HABIT,
        )
        for place, moments in sorted(hits.items(), key=lambda item: (min(item[1]), item[0]))
    )


def _blind(engine: Engine, facts: DetectionFacts) -> int:
    sql = f"SELECT COUNT(*) AS blind FROM (\n{inner(facts.sql)}\n) AS found WHERE shown <> 1"
    return sum(int(str(row["blind"])) for row in rows(engine, facts.id, sql))


BODIES: Final[dict[str, confirm.Confirm]] = {
    "caps": confirm.caps,
    "hostpath": confirm.hostpath,
    "disallowed-image": confirm.disallowed_image,
    "controller-sa-pod": confirm.controller_sa_pod,
    "configmap-creds": confirm.configmap_creds,
    "bind-cluster-admin": confirm.bind_cluster_admin,
    "default-sa-admin": confirm.default_sa_admin,
    "role-wildcard": confirm.role_wildcard,
    "role-exec": confirm.RoleGives("pods/exec", "pods/*"),
    "role-nodeproxy": confirm.RoleGives("nodes/proxy", "nodes/*"),
    "role-escalate": confirm.RoleGives("escalate", "bind", "impersonate", "serviceaccounts/token"),
    "role-write": confirm.role_write,
    "sidecar": confirm.sidecar,
}


def check_of(engine: Engine, given: Given, name: str) -> confirm.Confirm | None:
    """The look into a body that a detection takes, if any; those that remember are made anew."""
    if name == "image-retag":
        return confirm.MovedTags()
    if name == "csr-bootstrap-node":
        return confirm.OtherNode(_nodes(engine))
    if name == "pod-with-strong-sa" and given.authorizer is not None:
        return Stronger(given.authorizer)
    return BODIES.get(name)


def _nodes(engine: Engine) -> dict[str, int]:
    sql = (
        "SELECT user_name, MIN(ts_us) AS first_us FROM events WHERE user_name LIKE 'system:node:%' "
        "GROUP BY user_name ORDER BY user_name"
    )
    return {str(row["user_name"]): int(str(row["first_us"])) for row in rows(engine, "nodes", sql)}
