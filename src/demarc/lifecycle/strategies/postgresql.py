"""Passwords of a PostgreSQL login, by two alternating roles: the other one gets a new password and takes over.

The password is made here and lies in the cluster before the database knows it; the server is sent only its SCRAM
verifier, so that no statement log holds it. Both roles must have the same memberships and grants, else the change of
role would change what the program may do.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from demarc.lifecycle.cluster.hands import Right
from demarc.lifecycle.cluster.kinds import SECRET
from demarc.lifecycle.cluster.values import SecretValues
from demarc.lifecycle.credential import Credential, CredentialKind
from demarc.lifecycle.strategies.interface import Fit, Setting
from demarc.lifecycle.work import StopError, Used, Work
from demarc.model.errors import DemarcError

_PASSWORD_BYTES: Final = 24

_RIGHTS: Final = """
SELECT 'member of ' || g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
  JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = %(role)s
UNION SELECT a.privilege_type || ' on ' || n.nspname || '.' || c.relname
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a
  JOIN pg_roles r ON r.oid = a.grantee WHERE r.rolname = %(role)s
UNION SELECT a.privilege_type || ' on schema ' || n.nspname
  FROM pg_namespace n, aclexplode(n.nspacl) a JOIN pg_roles r ON r.oid = a.grantee WHERE r.rolname = %(role)s
UNION SELECT 'owns ' || n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = %(role)s AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
"""


class PostgresqlIssuer:
    """A PostgreSQL server as issuer."""

    name = "postgresql"
    settings = (
        Setting(name="host", says="host of the server", required=True),
        Setting(name="port", says="port of the server", default="5432"),
        Setting(name="database", says="database that both roles use", required=True),
        Setting(name="roles", says="both roles, with a comma between them", required=True),
        Setting(name="member_of", says="role that both are made members of, when the second has to be created"),
        Setting(
            name="admin_secret",
            says="namespace/name of the Secret with username and password that may ALTER ROLE",
            required=True,
        ),
        Setting(name="user_key", says="key of the Secret that holds the role's name", default="username"),
        Setting(name="password_key", says="key of the Secret that holds the password", default="password"),
        Setting(name="sslmode", says="as libpq takes it", default="verify-full"),
    )
    words: Mapping[str, str] = {
        "stage": "give the other role a new password, and put both into a new Secret",
        "suspend": "take LOGIN from the old role",
        "revoke": "take its password and end its sessions, see it refused, and remove its Secret",
    }

    def fit(self, credential: Credential, settings: Mapping[str, str]) -> Fit:
        """For an opaque Secret, where two different roles are named."""
        if credential.kind is not CredentialKind.OPAQUE:
            return Fit(problem=f"a {credential.kind.value} is no password of a database")
        roles = [role.strip() for role in settings.get("roles", "").split(",")]
        if len(roles) != 2 or not all(roles) or roles[0] == roles[1]:
            return Fit(problem="it needs two different roles", todo="roles: app_a,app_b")
        return Fit(why="two roles take turns, so the old password works until nothing uses it")

    def rights(self, credential: Credential) -> tuple[Right, ...]:
        """None besides the Secret's own; the administrator's Secret is named in the settings."""
        return ()

    def precheck(self, work: Work, old: SecretValues) -> None:
        """The old one works; the other role is free and may exactly what the old one may."""
        if self.works(work, old) is False:
            raise StopError("the password in the Secret does not work as it is")
        current, other = self._roles(work, old)
        with self._admin(work) as database:
            if not _exists(database, other):
                if not work.rotation.settings.get("member_of"):
                    raise StopError(f"role {other} does not exist: create it like {current}, or set member_of")
                return
            if _sessions(database, other) and not work.fact("taken over"):
                raise StopError(f"role {other} is in use by somebody: find out by whom")
            differing = _rights(database, current) ^ _rights(database, other)
            if differing:
                raise StopError(f"the roles may not do the same: {', '.join(sorted(differing)[:5])}")

    def mint(self, work: Work, old: SecretValues) -> SecretValues:
        """A random password for the other role. The database does not know it yet."""
        _, other = self._roles(work, old)
        user, password = self._keys(work)
        fresh = base64.urlsafe_b64encode(work.tools.random_bytes(_PASSWORD_BYTES))
        return SecretValues({**old, user: other.encode(), password: fresh})

    def activate(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """Give the role the password that lies in the new Secret."""
        _, other = self._roles(work, old)
        if self.works(work, new):
            return
        work.note("taken over", other)
        _, password = self._keys(work)
        with self._admin(work) as database:
            verifier = database.pgconn.encrypt_password(new[password], other.encode(), b"scram-sha-256").decode()
            if not _exists(database, other):
                group = work.rotation.settings.get("member_of", "")
                database.execute(_sql("CREATE ROLE {role} IN ROLE {group}", role=other, group=group))
            database.execute(_sql("ALTER ROLE {role} LOGIN PASSWORD {verifier}", role=other, verifier=verifier))

    def works(self, work: Work, values: SecretValues) -> bool | None:
        """Sign in with it."""
        user, password = self._keys(work)
        try:
            with self._connected(work, values.text(user), values.text(password)):
                return True
        except DemarcError as error:
            if isinstance(error, RefusedByDatabaseError):
                return False
            raise StopError(str(error)) from None

    def used(self, work: Work, old: SecretValues, new: SecretValues) -> Used:
        """Sessions of the old role, now; sessions that were meanwhile are not seen."""
        role = old.text(self._keys(work)[0])
        with self._admin(work) as database:
            sessions = _sessions(database, role)
        if sessions:
            where = ", ".join(sorted(sessions)[:3])
            return Used(known=True, last=work.tools.now(), says=f"{len(sessions)} sessions of {role} from {where}")
        return Used(known=True, says=f"no session of {role}")

    def suspend(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """NOLOGIN: no new session."""
        self._alter(work, "ALTER ROLE {role} NOLOGIN", old)

    def restore(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """LOGIN."""
        self._alter(work, "ALTER ROLE {role} LOGIN", old)

    def destroy(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """No login, no password, no session. The role itself stays, for the next turn."""
        self._alter(work, "ALTER ROLE {role} NOLOGIN PASSWORD NULL", old)
        self._end_sessions(work, old)

    def discard(self, work: Work, old: SecretValues, new: SecretValues | None) -> None:
        """Take the password of the other role away again, if we gave it one."""
        if work.fact("taken over"):
            _, other = self._roles(work, old)
            values = SecretValues({self._keys(work)[0]: other.encode()})
            self._alter(work, "ALTER ROLE {role} NOLOGIN PASSWORD NULL", values)
            self._end_sessions(work, values)

    def _alter(self, work: Work, statement: str, values: SecretValues) -> None:
        role = values.text(self._keys(work)[0])
        with self._admin(work) as database:
            if _exists(database, role):
                database.execute(_sql(statement, role=role))

    def _end_sessions(self, work: Work, values: SecretValues) -> None:
        role = values.text(self._keys(work)[0])
        with self._admin(work) as database:
            database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %(role)s", {"role": role}
            )

    def _keys(self, work: Work) -> tuple[str, str]:
        settings = work.rotation.settings
        return settings.get("user_key", "username"), settings.get("password_key", "password")

    def _roles(self, work: Work, old: SecretValues) -> tuple[str, str]:
        """The role of the Secret, and the other one."""
        current = old.text(self._keys(work)[0])
        both = [role.strip() for role in work.rotation.settings["roles"].split(",")]
        if current not in both:
            raise StopError(f"the Secret is of role {current}, which is neither of {' and '.join(both)}")
        return current, both[1 - both.index(current)]

    @contextmanager
    def _admin(self, work: Work) -> Iterator[Any]:
        namespace, _, name = work.rotation.settings["admin_secret"].partition("/")
        found = work.hands.get(SECRET, namespace, name)
        if found is None:
            raise StopError(f"Secret {namespace}/{name} with the administrator of the database is not there")
        values = SecretValues.of(found)
        with self._connected(work, values.text("username"), values.text("password")) as database:
            yield database

    @contextmanager
    def _connected(self, work: Work, user: str, password: str) -> Iterator[Any]:
        settings = work.rotation.settings
        database = work.tools.outside.database(
            host=settings["host"],
            port=int(settings.get("port", "5432")),
            dbname=settings["database"],
            sslmode=settings.get("sslmode", "verify-full"),
            user=user,
            password=password,
        )
        try:
            yield database
        finally:
            database.close()


class RefusedByDatabaseError(DemarcError):
    """The server does not let this role or password in."""


def _exists(database: Any, role: str) -> bool:
    return database.execute("SELECT 1 FROM pg_roles WHERE rolname = %(role)s", {"role": role}).fetchone() is not None


def _sessions(database: Any, role: str) -> list[str]:
    rows = database.execute(
        "SELECT coalesce(host(client_addr), 'a socket') FROM pg_stat_activity WHERE usename = %(role)s", {"role": role}
    )
    return [str(row[0]) for row in rows.fetchall()]


def _rights(database: Any, role: str) -> set[str]:
    return {str(row[0]) for row in database.execute(_RIGHTS, {"role": role}).fetchall()}


def _sql(statement: str, *, role: str, group: str = "", verifier: str = "") -> Any:
    from psycopg import sql  # noqa: PLC0415 - needs the extra "postgres"

    return sql.SQL(statement).format(
        role=sql.Identifier(role), group=sql.Identifier(group or "none"), verifier=sql.Literal(verifier)
    )
