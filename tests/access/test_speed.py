"""A large cluster: eleven thousand RoleBindings in a thousand namespaces."""

from __future__ import annotations

from time import process_time

from demarc.access import Authorizer, access_of, asker, who_can
from demarc.model.access import Request
from tests.access.given import a_cluster_role, a_rule, a_snapshot, account, bound, group, user

NAMESPACES = [f"n{number:04}" for number in range(1000)]


def test_decisions_take_microseconds_and_questions_part_of_a_second():
    roles = [
        a_cluster_role(f"r{number}", *(a_rule(["get", "list"], [f"kind{number + more}"]) for more in range(20)))
        for number in range(50)
    ]
    bindings = [
        bound(
            f"b{number}",
            f"r{(number * 7 + place) % 50}",
            group(f"team{(number + place) % 300}"),
            user(f"user{(number * place) % 3000}"),
            account(f"robot{number}"),
            namespace=namespace,
        )
        for place, namespace in enumerate(NAMESPACES)
        for number in range(11)
    ]
    snapshot = a_snapshot(*roles, *bindings)
    begin = process_time()
    authorizer = Authorizer(snapshot)
    for number in range(20_000):
        namespace = NAMESPACES[number % 1000]
        who = asker(f"user{number % 3000}", (f"team{number % 300}", "system:authenticated"))
        authorizer.decide(who, Request(verb="get", resource=f"kind{number % 70}", namespace=namespace))
    who_can(authorizer, Request(verb="get", resource="kind20"), all_namespaces=True)
    access_of(authorizer, asker("user1", tuple(f"team{number}" for number in range(20))))
    # Measured at 0.6 s on two shared cores; a walk over all bindings for each decision would take minutes.
    assert process_time() - begin < 6
