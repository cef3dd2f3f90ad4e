"""What went wrong on the way to a server, as one clear error: the name, the address, TLS, the proxy, or the answer.

The texts of the transport's own errors are not repeated: they may hold a proxy's password.
"""

from __future__ import annotations

import errno
import ssl

from urllib3 import exceptions

from demarc.collect.live.interface import NoAnswerError, UnreachableError
from demarc.model.errors import DemarcError

_NETWORK = "Check the network or VPN, and the cluster's server address in the kubeconfig."
_TLS = (
    "Check certificate-authority-data (and tls-server-name) of the cluster in the kubeconfig; a company proxy that "
    "opens TLS also looks like this."
)


def explain_trouble(error: exceptions.HTTPError, server: str) -> DemarcError:
    """Make the error for a request that got no answer."""
    cause = _cause(error)
    if isinstance(cause, exceptions.NameResolutionError):
        return UnreachableError(f"the name of {server} cannot be resolved", todo=_NETWORK)
    if isinstance(cause, exceptions.ReadTimeoutError):
        return NoAnswerError(f"{server} did not answer in time", todo="Try again when it is less busy.")
    # A connection that is refused is, to urllib3, a kind of connection that timed out.
    if isinstance(cause, exceptions.ConnectTimeoutError) and not isinstance(cause, exceptions.NewConnectionError):
        return UnreachableError(f"{server} cannot be reached: connecting timed out", todo=_NETWORK)
    if isinstance(cause, exceptions.SSLError | ssl.SSLError):
        return UnreachableError(f"no trusted connection to {server}: {_tls_reason(cause)}", todo=_TLS)
    if isinstance(error, exceptions.ProxyError):
        return UnreachableError(
            f"the proxy to {server} does not let us through", todo="Check proxy-url or HTTPS_PROXY."
        )
    if isinstance(cause, exceptions.NewConnectionError):
        return UnreachableError(f"{server} cannot be reached: {_reason(cause)}", todo=_NETWORK)
    if isinstance(cause, exceptions.ProtocolError):
        return NoAnswerError(f"{server} broke off the connection", todo="Try again.")
    return UnreachableError(f"{server} cannot be asked ({type(cause).__name__})", todo=_NETWORK)


def _cause(error: BaseException) -> BaseException:
    """Give what lies below a proxy's error, where that says more."""
    inner = getattr(error, "original_error", None)
    return inner if isinstance(inner, exceptions.HTTPError | ssl.SSLError) else error


def _tls_reason(error: BaseException) -> str:
    for found in (error, *error.args, error.__cause__, error.__context__):
        if isinstance(found, ssl.SSLCertVerificationError):
            return found.verify_message
        if isinstance(found, ssl.SSLError) and found.reason:
            return found.reason.lower().replace("_", " ")
    return "the TLS handshake failed"


def _reason(error: BaseException) -> str:
    cause = error.__cause__ or error.__context__
    number = cause.errno if isinstance(cause, OSError) else None
    if number == errno.ECONNREFUSED:
        return "it refuses the connection"
    return "no route to it" if number in (errno.EHOSTUNREACH, errno.ENETUNREACH) else "no connection"
