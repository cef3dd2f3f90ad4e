"""Scripted controllers of a fake cluster: each does one small step whenever the cluster is written to or read.

So a client that polls sees a rollout go on pod by pod, a token appear, a certificate be issued, or its own change be
taken back.
"""

from demarc.testing.controllers.certificates import CertificateController
from demarc.testing.controllers.external_secrets import ExternalSecretsController
from demarc.testing.controllers.gitops import Reverter
from demarc.testing.controllers.service_tokens import LegacyTokenCleaner, TokenController
from demarc.testing.controllers.workloads import WorkloadController

__all__ = [
    "CertificateController",
    "ExternalSecretsController",
    "LegacyTokenCleaner",
    "Reverter",
    "TokenController",
    "WorkloadController",
]
