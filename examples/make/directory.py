"""The company's directory, as AWS Identity Center lists it: people, groups, and one who has left."""

from __future__ import annotations

from make.answers import Answer, cli
from make.company import PEOPLE, TEAMS
from make.stable import later, uid

STORE = "d-9067exampl"


def answers() -> dict[str, Answer]:
    """``aws identitystore list-users``, ``list-groups`` and ``list-group-memberships``: one user is disabled."""
    users = []
    for person in PEOPLE:
        given, _, family = person.name.partition(" ")
        users.append(
            {
                "UserName": person.mail,
                "UserId": uid("user", person.login),
                "Name": {"FamilyName": family, "GivenName": given},
                "DisplayName": person.name,
                "Emails": [{"Value": person.mail, "Type": "work", "Primary": True}],
                "Title": person.title,
                "IdentityStoreId": STORE,
                "UserStatus": "DISABLED" if person.left else "ENABLED",
                "CreatedAt": cli(f"{person.joined}T08:00:00Z"),
                "UpdatedAt": cli(later(f"{person.left or person.joined}T15:00:00Z")),
            }
        )
    answers: dict[str, Answer] = {"identitystore-list-users": {"Users": users}}
    groups = []
    for team in TEAMS:
        if team.until:
            continue
        group = uid("group", team.id)
        groups.append({"GroupId": group, "DisplayName": team.id, "Description": team.name, "IdentityStoreId": STORE})
        answers[f"identitystore-list-group-memberships-{team.id}"] = {
            "GroupMemberships": [
                {
                    "IdentityStoreId": STORE,
                    "MembershipId": uid("membership", team.id, member.person),
                    "GroupId": group,
                    "MemberId": {"UserId": uid("user", member.person)},
                }
                for member in team.members
            ]
        }
    answers["identitystore-list-groups"] = {"Groups": groups}
    return answers
