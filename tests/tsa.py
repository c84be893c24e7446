"""A timestamp authority (RFC 3161) on loopback, for timestamped signatures without a network.

with running_tsa(tmp_path) as tsa:
    signer = OsslsigncodeSigner(identity, timestamp_url=tsa.url, timestamp_ca=tsa.ca_file)
"""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CONFIGURATION = """\
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
certs = {folder}/ca.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@dataclass(frozen=True)
class Tsa:
    """A running authority: its URL and its root certificate."""

    url: str
    ca_file: Path


@contextlib.contextmanager
def running_tsa(folder: Path) -> Iterator[Tsa]:
    """Run an authority that stores its certificates and serial numbers in ``folder``."""
    home = folder / "tsa"
    home.mkdir(parents=True, exist_ok=True)
    _write_certificates(home)
    (home / "serial").write_text("01\n")
    (home / "tsa.cnf").write_text(_CONFIGURATION.format(folder=home))
    one_at_a_time = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            with one_at_a_time:
                (home / "query.tsq").write_bytes(query)
                command = ["openssl", "ts", "-reply", "-config", str(home / "tsa.cnf")]
                command += ["-queryfile", str(home / "query.tsq")]
                reply = subprocess.run(command, capture_output=True, check=True).stdout
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Tsa(f"http://127.0.0.1:{server.server_port}/", home / "ca.pem")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _write_certificates(home: Path) -> None:
    """Write a root, and a signer certificate with the critical key purpose that RFC 3161 requires."""
    now = datetime.now(UTC)
    root_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test timestamp root")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test timestamp signer")])

    def certificate(
        subject: x509.Name, public: rsa.RSAPublicKey, *extensions: tuple[x509.ExtensionType, bool]
    ) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=3650))
            .not_valid_after(now + timedelta(days=3650))
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(root_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    authority = (x509.BasicConstraints(ca=True, path_length=None), True)
    purpose = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)
    (home / "ca.pem").write_bytes(certificate(root_name, root_key.public_key(), authority))
    (home / "tsa.pem").write_bytes(certificate(name, key.public_key(), purpose))
    (home / "tsa.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
