"""Sends a request to a time stamp authority over HTTP (RFC 3161, 3.4): the hash of a checkpoint, and nothing else."""

from __future__ import annotations

import urllib3

from demarc.ledger.timestamps import REQUEST_TYPE
from demarc.model.errors import DemarcError, Where

SECONDS = 30
MOST_BYTES = 1 << 20


def ask(address: str, query: bytes) -> bytes:
    """Give the answer as it came. Raises DemarcError where there is none."""
    if not address.startswith(("http://", "https://")):
        raise DemarcError("not the address of an authority", where=Where(file="--tsa"), todo="write https://HOST/PATH")
    try:
        with urllib3.PoolManager() as pool:
            answer = pool.request(
                "POST",
                address,
                body=query,
                headers={"Content-Type": REQUEST_TYPE},
                timeout=SECONDS,
                retries=urllib3.Retry(total=2, redirect=2),
                preload_content=False,
            )
            data = answer.read(MOST_BYTES)
            answer.release_conn()
    except urllib3.exceptions.HTTPError as error:
        raise DemarcError(
            f"the time stamp authority does not answer: {type(error).__name__}",
            where=Where(file=address),
            todo="try again, or write the request to a file: --request",
        ) from error
    if answer.status != 200:
        raise DemarcError(
            f"the time stamp authority answers with status {answer.status}",
            where=Where(file=address),
            todo="look at its address",
        )
    return data
