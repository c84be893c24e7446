"""The example of a custodian works over real HTTP, found by its entry point as an installed package's is.

The server here stands in for the key service and is not it: it speaks the two operations that the
example uses, as their published API has them, and signs with a key of its own.
"""

from __future__ import annotations

import base64
import json
import shutil
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from signing import jws
from signing.authority import custody
from signing.authority.errors import CustodianUnavailable
from signing.authority.keys import AUTHORITY, KeyRing
from signing.authority.signer import sign_token

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "aws_kms"
NOW = datetime(2035, 1, 1, tzinfo=UTC)
ALIAS = "aws-kms:alias/oneseat-licence"


class KeyService(BaseHTTPRequestHandler):
    """Two operations of a key service, for one key."""

    key: ClassVar[Ed25519PrivateKey]

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        operation = self.headers["X-Amz-Target"].partition(".")[2]
        assert self.headers["Authorization"].startswith("AWS4-HMAC-SHA256 ")
        if asked["KeyId"] != "alias/oneseat-licence":
            self._answer(400, {"__type": "NotFoundException", "message": "no such key"})
        else:
            self._answer(200, getattr(self, operation)(asked))

    def GetPublicKey(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 -- the service's name
        der = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return {"KeyId": asked["KeyId"], "PublicKey": base64.b64encode(der).decode()}

    def Sign(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 -- the service's name
        assert (asked["MessageType"], asked["SigningAlgorithm"]) == ("RAW", "ED25519_SHA_512")
        signature = self.key.sign(base64.b64decode(asked["Message"]))
        return {"KeyId": asked["KeyId"], "Signature": base64.b64encode(signature).decode()}

    def _answer(self, status: int, said: dict[str, Any]) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Tests are quiet."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[KeyService]]:
    KeyService.key = Ed25519PrivateKey.generate()
    server = ThreadingHTTPServer(("127.0.0.1", 0), KeyService)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "synthetic")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "synthetic")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    yield KeyService
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example as pip leaves it: its module, and the entry point that its project file declares."""
    import tomllib

    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    site = tmp_path / "site"
    about = site / "oneseat_aws_kms-0.1.0.dist-info"
    about.mkdir(parents=True)
    shutil.copy(EXAMPLE / "oneseat_aws_kms.py", site)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 0.1.0\n")
    points = project["entry-points"][custody.ENTRY_POINT_GROUP]
    (about / "entry_points.txt").write_text(
        "\n".join(
            [f"[{custody.ENTRY_POINT_GROUP}]", *(f"{name} = {target}" for name, target in points.items())]
        )
    )
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "oneseat_aws_kms", raising=False)


@pytest.mark.usefixtures("installed")
def test_a_ring_signs_with_a_key_at_the_service(service: type[KeyService], tmp_path: Path) -> None:
    ring = KeyRing.create(tmp_path / "ring", b"passphrase", AUTHORITY, NOW)
    entry = ring.adopt("licence", custody.adopt_key(ALIAS, None), NOW)
    assert entry.public_key == service.key.public_key().public_bytes_raw()
    signer = KeyRing.open(ring.folder, b"passphrase", AUTHORITY).signer("licence")
    assert jws.verify(sign_token(signer, "t", {"a": 1}), "t", {entry.kid: entry.public_key}) == {"a": 1}
    assert not list(ring.folder.glob("*.pin.secret")), "there is nothing to seal"
    with pytest.raises(CustodianUnavailable, match="4096"):
        signer.sign(bytes(4097))


@pytest.mark.usefixtures("installed")
def test_what_the_service_refuses_is_said(
    service: type[KeyService], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CustodianUnavailable, match="NotFoundException"):
        custody.adopt_key("aws-kms:alias/other", None)
    with pytest.raises(CustodianUnavailable, match="no PIN"):
        custody.adopt_key(ALIAS, b"1234")
    ring = KeyRing.create(tmp_path / "ring", b"passphrase", AUTHORITY, NOW)
    ring.adopt("licence", custody.adopt_key(ALIAS, None), NOW)
    service.key = Ed25519PrivateKey.generate()
    with pytest.raises(CustodianUnavailable, match="not the listed key"):
        ring.signer("licence")
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9")
    with pytest.raises(CustodianUnavailable, match="EndpointConnectionError"):
        custody.adopt_key(ALIAS, None)


def test_without_the_package_its_scheme_is_unknown() -> None:
    with pytest.raises(CustodianUnavailable, match="no installed package"):
        custody.adopt_key(ALIAS, None)
