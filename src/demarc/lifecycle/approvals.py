"""Who approved a plan: names, or signatures over the file's bytes made with SSH keys.

``ssh-keygen -Y sign -n demarc-plan -f KEY plan.yaml`` makes a signature; a file of allowed signers (as for git and
``ssh-keygen -Y verify``) says whose key it is. Format: OpenSSH PROTOCOL.sshsig.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from msgspec import Struct

from demarc.lifecycle.plan import Rotation
from demarc.model.errors import DemarcError, Where

NAMESPACE: Final = "demarc-plan"
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_MAGIC: Final = b"SSHSIG\0\0\0\1"
_HASHES: Final = {"sha256": hashlib.sha256, "sha512": hashlib.sha512}
_CURVES: Final[dict[str, hashes.HashAlgorithm]] = {
    "nistp256": hashes.SHA256(),
    "nistp384": hashes.SHA384(),
    "nistp521": hashes.SHA512(),
}


class Approval(Struct, frozen=True, kw_only=True):
    """One person's approval."""

    by: str
    signed: bool
    """True: proven by a signature; False: somebody said so on the command line."""


def missing_approvals(rotation: Rotation, approved: list[str], applicant: str) -> str:
    """Why a rotation may not begin yet; empty when it may.

    Where two people are needed, whoever carries it out may be one of them, but not both (NIST SP 800-53 AC-5).
    """
    people = set(approved)
    if len(people) < rotation.approvals:
        noun = "person has" if rotation.approvals == 1 else "people have"
        return f"{rotation.approvals} {noun} to approve, {len(people)} did: --approved-by NAME"
    if rotation.approvals > 1 and applicant and len(people - {applicant}) == 0:
        return "somebody else than who applies it has to approve"
    return ""


def signed_approvals(plan: bytes, signatures: list[Path], allowed: Path | None) -> tuple[Approval, ...]:
    """Check signature files over the bytes of a plan. Raises DemarcError for any that does not hold."""
    if not signatures:
        return ()
    if allowed is None:
        raise DemarcError("signatures need a file of allowed signers", todo="add --allowed-signers FILE")
    signers = list(_signers(_text(allowed), allowed))
    return tuple(Approval(by=_check(plan, path, signers), signed=True) for path in signatures)


def _signers(text: str, path: Path) -> Iterator[tuple[str, bytes]]:
    """Principals and key blobs of an allowed-signers file."""
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        blob = next((words[at + 1] for at, word in enumerate(words[:-1]) if word.startswith(("ssh-", "ecdsa-"))), "")
        try:
            key = base64.b64decode(blob, validate=True)
        except binascii.Error:
            key = b""
        if not key:
            raise DemarcError("not a line of allowed signers", where=Where(file=str(path), line=number))
        for principal in words[0].split(","):
            yield principal, key


def _check(plan: bytes, path: Path, signers: list[tuple[str, bytes]]) -> str:
    where = Where(file=str(path))
    key, namespace, algorithm, signature = _parts(_text(path), where)
    if namespace != NAMESPACE:
        raise DemarcError(
            f"a signature for {namespace!r}, not for {NAMESPACE!r}",
            where=where,
            todo=f"sign with ssh-keygen -Y sign -n {NAMESPACE}",
        )
    by = next((principal for principal, known in signers if known == key), None)
    if by is None:
        raise DemarcError("signed with a key that no allowed signer has", where=where)
    if algorithm not in _HASHES:
        raise DemarcError(f"an unknown hash: {algorithm!r}", where=where)
    digest = _HASHES[algorithm](plan).digest()
    message = b"SSHSIG" + b"".join(map(_string, (namespace.encode(), b"", algorithm.encode(), digest)))
    if not _verifies(key, signature, message):
        raise DemarcError("the signature is not over this plan", where=where, todo="sign the plan as it is now")
    return by


def _verifies(blob: bytes, signature: bytes, message: bytes) -> bool:
    kind = _read(blob)[0].decode()
    key = load_ssh_public_key(f"{kind} {base64.b64encode(blob).decode()}".encode())
    scheme, rest = _read(signature)
    value = _read(rest)[0]
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(value, message)
        elif isinstance(key, rsa.RSAPublicKey):
            algorithm = {b"rsa-sha2-256": hashes.SHA256(), b"rsa-sha2-512": hashes.SHA512()}.get(scheme)
            if algorithm is None:
                return False
            key.verify(value, message, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            r, rest = _read(value)
            s = _read(rest)[0]
            der = utils.encode_dss_signature(int.from_bytes(r), int.from_bytes(s))
            key.verify(der, message, ec.ECDSA(_CURVES[kind.rpartition("-")[2]]))
        else:
            return False
    except (InvalidSignature, KeyError):
        return False
    return True


def _parts(text: str, where: Where) -> tuple[bytes, str, str, bytes]:
    body = text.partition(_BEGIN)[2].partition(_END)[0]
    try:
        data = base64.b64decode("".join(body.split()), validate=True)
        key, rest = _read(data.removeprefix(_MAGIC) if data.startswith(_MAGIC) else b"")
        namespace, rest = _read(rest)
        _, rest = _read(rest)
        algorithm, rest = _read(rest)
        signature, _ = _read(rest)
        return key, namespace.decode(), algorithm.decode(), signature
    except (ValueError, IndexError) as error:
        raise DemarcError("not an SSH signature", where=where) from error


def _read(data: bytes) -> tuple[bytes, bytes]:
    length = int.from_bytes(data[:4])
    if len(data) < 4 + length or len(data) < 4:
        raise ValueError
    return data[4 : 4 + length], data[4 + length :]


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4) + data


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise DemarcError("cannot be read", where=Where(file=str(path))) from error
