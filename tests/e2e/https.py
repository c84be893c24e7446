"""A certificate authority of our own, servers with its certificates, and computers that trust it.

authority = TestAuthority.create(tmp_path)
with authority.https(portal_port, authority.certificate()) as port:
trust(computer, authority.der)
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from oneseat.pipeline.tools.runner import run
from oneseat.pipeline.tools.windows import WindowsPython
from signing.text import Text
from tests.e2e.wine import TestedComputer

HOST = "localhost"
_ROOTS = r"HKLM\Software\Microsoft\SystemCertificates\Root\Certificates"
_CONNECTIONS = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings\Connections"
_ADD_ROOT = """
import ctypes, sys
crypt = ctypes.WinDLL("crypt32", use_last_error=True)
pointer, number = ctypes.c_void_p, ctypes.c_uint
crypt.CertOpenStore.restype = pointer
crypt.CertOpenStore.argtypes = [pointer, number, pointer, number, ctypes.c_wchar_p]
crypt.CertAddEncodedCertificateToStore.argtypes = [pointer, number, ctypes.c_char_p, number, number, pointer]
crypt.CertCloseStore.argtypes = [pointer, number]
store = crypt.CertOpenStore(10, 0, None, 0x20000, "Root")
data = bytes.fromhex(sys.argv[1])
added = crypt.CertAddEncodedCertificateToStore(store, 1, data, len(data), 3, None)
crypt.CertCloseStore(store, 0)
sys.exit(0 if added else 1)
"""
"""Adds a certificate to the computer's trusted roots: CERT_STORE_PROV_SYSTEM_W, local machine, replace."""


@dataclass(frozen=True)
class TestAuthority:
    """An authority, and the folder of its certificates."""

    __test__ = False

    folder: Path
    name: str
    key: rsa.RSAPrivateKey
    der: bytes

    @classmethod
    def create(cls, folder: Path, name: str = "OneSeat test authority") -> TestAuthority:
        """Create the authority; nobody knows it yet."""
        key = _new_key()
        own = _signed(name, name, key, key, days=(-1, 365), dns=None)
        return cls(folder, name, key, own.public_bytes(serialization.Encoding.DER))

    def certificate(self, *, dns: str = HOST, days: tuple[int, int] = (-1, 365)) -> Path:
        """Issue a certificate for a name, valid between two days from now; return it with its key (PEM)."""
        key = _new_key()
        issued = _signed(dns, self.name, key, self.key, days=days, dns=dns)
        path = self.folder / f"{self.name}-{issued.serial_number:x}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(private + issued.public_bytes(serialization.Encoding.PEM))
        return path


def _new_key() -> rsa.RSAPrivateKey:
    """Generate a key for wine, whose crypt32 refuses one ECDSA signature in 128 (a short r or s)."""
    return rsa.generate_private_key(65537, 2048)


def _signed(
    subject: str,
    issuer: str,
    key: rsa.RSAPrivateKey,
    by: rsa.RSAPrivateKey,
    *,
    days: tuple[int, int],
    dns: str | None,
) -> x509.Certificate:
    now = datetime.now(UTC)
    first, last = (now + timedelta(days=day) for day in days)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first)
        .not_valid_after(last)
        .add_extension(x509.BasicConstraints(ca=dns is None, path_length=None), critical=True)
    )
    if dns:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(dns)]), critical=False)
    return builder.sign(by, hashes.SHA256())


@contextlib.contextmanager
def https(certificate: Path, target_port: int) -> Iterator[int]:
    """End TLS on a free loopback port, and forward each connection to a port of this computer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate)

    def handle(plain: socket.socket) -> None:
        with (
            context.wrap_socket(plain, server_side=True) as outer,
            socket.create_connection(("127.0.0.1", target_port), 20) as inner,
        ):
            forward(outer, inner)

    with serving(handle) as port:
        yield port


def forward(outer: socket.socket, inner: socket.socket) -> None:
    """Pass bytes on in both directions until one side ends."""
    back = threading.Thread(target=_pump, args=(inner, outer), daemon=True)
    back.start()
    _pump(outer, inner)
    with contextlib.suppress(OSError):
        inner.shutdown(socket.SHUT_WR)
    back.join(20)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)


@contextlib.contextmanager
def serving(handle: Callable[[socket.socket], None]) -> Iterator[int]:
    """Listen on a free loopback port; ``handle`` has each connection in a thread of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    over = threading.Event()

    def one(connection: socket.socket) -> None:
        connection.settimeout(20)
        with connection, contextlib.suppress(OSError):
            handle(connection)

    def accept() -> None:
        while not over.is_set():
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                threading.Thread(target=one, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        over.set()
        thread.join(5)
        listener.close()


def trust(computer: TestedComputer, root: bytes) -> None:
    """Add a certificate to the computer's trusted roots."""
    run(
        WindowsPython(computer.wine).invocation(
            Text("adding a root", "测试"), "-c", _ADD_ROOT, root.hex(), timeout_s=60
        )
    )


def add_malformed_root(computer: TestedComputer) -> None:
    """Put an entry into the computer's trusted roots that is no certificate."""
    junk = b"\x30\x82\x01\x00" + b"\xff" * 60
    element = struct.pack("<III", 32, 1, len(junk)) + junk  # CERT_CERT_PROP_ID
    set_bytes(computer, rf"{_ROOTS}\{'AB' * 20}", "Blob", element)


def set_proxy(computer: TestedComputer, proxies: str, bypass: str = "") -> None:
    """Set the account's proxy as the settings of Windows do; none if ``proxies`` is empty."""
    parts = b"".join(struct.pack("<I", len(text)) + text.encode() for text in (proxies, bypass, ""))
    flags = 1 | (2 if proxies else 0)
    settings = struct.pack("<III", 0x46, 1, flags) + parts + bytes(32)
    set_bytes(computer, _CONNECTIONS, "DefaultConnectionSettings", settings)


def set_bytes(computer: TestedComputer, key: str, name: str, value: bytes) -> None:
    """Set a binary value in the registry."""
    arguments: Sequence[str] = (
        "add",
        key,
        "/v",
        name,
        "/t",
        "REG_BINARY",
        "/d",
        value.hex(),
        "/f",
        "/reg:64",
    )
    assert computer.run(computer.system("reg.exe"), *arguments).status == 0
