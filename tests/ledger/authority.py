"""A time stamp authority of our own: openssl, with a certificate authority made for the test, and an HTTP face."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

CONFIG = """
[ tsa ]
default_tsa = tsa1
[ tsa1 ]
dir = .
serial = ./serial
crypto_device = builtin
signer_cert = ./tsa.pem
signer_key = ./tsa.key
certs = ./ca.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
ordering = yes
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[ stamping ]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = {usage}
[ authority ]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
"""


class Authority:
    """Answers requests as files."""

    def __init__(self, folder: Path, *, algorithm: str = "rsa:2048", usage: str = "critical, timeStamping") -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "config").write_text(CONFIG.format(usage=usage))
        (folder / "serial").write_text("01\n")
        kind = ["-newkey", *algorithm.split()]
        self._openssl("req", "-x509", *kind, "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "30",
                      "-subj", "/CN=Test CA", "-config", "config", "-extensions", "authority")  # fmt: skip
        self._openssl("req", *kind, "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr",
                      "-subj", "/CN=Test Time", "-config", "config")  # fmt: skip
        self._openssl("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                      "-out", "tsa.pem", "-days", "30", "-extfile", "config", "-extensions", "stamping")  # fmt: skip
        self.ca = folder / "ca.pem"

    def answer(self, query: bytes) -> bytes:
        (self.folder / "query").write_bytes(query)
        self._openssl("ts", "-reply", "-queryfile", "query", "-config", "config", "-out", "reply")
        return (self.folder / "reply").read_bytes()

    def _openssl(self, *words: str) -> None:
        if words[0] == "req" and "-config" in words:
            text = (self.folder / "config").read_text()
            if "[ req ]" not in text:
                (self.folder / "config").write_text("[ req ]\ndistinguished_name = dn\n[ dn ]\n" + text)
        done = subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()

    @contextmanager
    def served(self) -> Iterator[str]:
        """Its address while it is served over HTTP."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = self.rfile.read(int(self.headers["Content-Length"]))
                data = outer.answer(query)
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        running = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.server_port}/"
        finally:
            running.shutdown()
            thread.join()
            running.server_close()
