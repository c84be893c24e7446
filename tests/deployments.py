"""What tests of deployment files share: a certificate, free ports, nginx around a site, systemd's remarks."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.patience import PATIENCE_S, wait_until

NGINX = "/usr/sbin/nginx"
ONESEAT = str(Path(sys.executable).with_name("oneseat"))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this computer, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return chain, private


def plain_values(folder: Path) -> dict[str, object]:
    """The values of a deployment that every server's files have, with a new certificate and free ports."""
    chain, private = certificate(folder)
    return {
        "host_names": ["localhost"],
        "certificate": str(chain),
        "certificate_key": str(private),
        "program": ONESEAT,
        "http_port": free_port(),
        "https_port": free_port(),
        "log_folder": str(folder),
        "user": "root",
    }


def whole_configuration(folder: Path, written: Sequence[Path]) -> Path:
    """A whole nginx configuration around the site that is among the files of a deployment."""
    (site,) = (path for path in written if path.suffix == ".conf")
    whole = folder / "nginx.conf"
    temporary = " ".join(
        f"{kind}_temp_path {folder / kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole.write_text(
        f"user root; daemon off; pid {folder}/nginx.pid; worker_processes 1;\n"
        f"events {{}}\nhttp {{ {temporary}\n include {site}; }}\n"
    )
    return whole


@contextlib.contextmanager
def running_nginx(configuration: Path, port: int) -> Iterator[None]:
    """Nginx with a configuration, listening on a port, until the end of the block."""
    nginx = subprocess.Popen([NGINX, "-c", configuration, "-e", configuration.with_name("errors")])
    try:
        wait_until(lambda: _listens(port), "nginx does not listen")
        yield
    finally:
        nginx.terminate()
        nginx.wait(PATIENCE_S)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def verify_units(written: Sequence[Path], port: int) -> tuple[int, int, list[str]]:
    """Let systemd verify the units, one for a port among them: their number, its status, its remarks."""
    units = [path for path in written if path.suffix in (".service", ".target")]
    (template,) = (path for path in units if path.stem.endswith("@"))
    instance = template.with_name(f"{template.stem}{port}.service")
    shutil.copyfile(template, instance)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", instance, *units],
        capture_output=True,
        text=True,
        check=False,
        env={"SYSTEMD_UNIT_PATH": f"{template.parent}:", "PATH": "/usr/bin:/bin"},
    )
    return len(units), done.returncode, [line for line in done.stderr.splitlines() if "oneseat" in line]
