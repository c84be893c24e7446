"""The deployment files: nginx and systemd accept them, and the portal behind them keeps its promises."""

from __future__ import annotations

import contextlib
import hashlib
import io
import random
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from oneseat.portal.deploy import Deployment, checked_deployment, files, write
from oneseat.portal.refusals.start import SettingsInvalid
from tests.deployments import (
    NGINX,
    ONESEAT,
    certificate,
    plain_values,
    running_nginx,
    verify_units,
    whole_configuration,
)
from tests.portal.published_exam import EXAM, INSIDE, Keys, PublishedExam
from tests.portal.test_serve import Process
from tests.signing.signed_files import Base
from tests.simulator import Candidate, form_token

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(sys.platform != "linux", reason="nginx and systemd are Debian's"),
]


@pytest.fixture
def plain_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose name the deployment takes."""
    return tmp_path_factory.mktemp("deploy")


def deployment(folder: Path, **changes: object) -> Deployment:
    return checked_deployment(**{**plain_values(folder), "settings": str(folder / "portal.toml"), **changes})


def configuration(folder: Path, made: Deployment) -> Path:
    """A whole nginx configuration around the file that was written."""
    return whole_configuration(folder, write(made, folder / "made"))


def test_nginx_itself_finds_nothing_to_say(plain_folder: Path) -> None:
    whole = configuration(plain_folder, deployment(plain_folder))
    done = subprocess.run(
        [NGINX, "-t", "-c", whole, "-e", plain_folder / "errors"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def test_systemd_itself_finds_nothing_to_say(plain_folder: Path) -> None:
    written = write(deployment(plain_folder, writable=[str(plain_folder)]), plain_folder / "units")
    assert verify_units(written, 8765) == (2, 0, [])


def test_systemd_would_notice_a_fault(plain_folder: Path) -> None:
    """What the test above relies on."""
    broken = plain_folder / "broken.service"
    text = files(deployment(plain_folder))["oneseat-portal@.service"]
    broken.write_text(text.replace("Type=exec", "Type=sometimes").replace(ONESEAT, "/no/such/oneseat"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", broken], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "sometimes" in done.stderr


def test_the_stop_waits_longer_than_the_portal_does(plain_folder: Path) -> None:
    from oneseat.web.serving import GRACEFUL_STOP_S

    unit = files(deployment(plain_folder))["oneseat-portal@.service"]
    assert f"TimeoutStopSec={GRACEFUL_STOP_S + 30}" in unit


@pytest.mark.parametrize(
    "changes",
    [
        {"certificate": "/etc/x.pem; include /etc/shadow"},
        {"certificate_key": "relative.pem"},
        {"program": "/opt/one seat"},
        {"program": "/opt/%i"},
        {"settings": "/etc/$HOME/portal.toml"},
        {"writable": ["/srv\n[Service]"]},
        {"user": "root; rm"},
        {"host_names": ["a b"]},
        {"host_names": ["example.cn;"]},
        {"host_names": []},
        {"ports": [8765, 8765]},
        {"ports": [0]},
    ],
)
def test_a_value_that_would_be_read_as_more_is_refused(
    plain_folder: Path, changes: dict[str, object]
) -> None:
    with pytest.raises(SettingsInvalid):
        deployment(plain_folder, **changes)


def test_the_command_writes_them_and_says_where(plain_folder: Path) -> None:
    chain, private = certificate(plain_folder)
    command = [ONESEAT, "portal", "deploy", "--into", str(plain_folder / "out")]
    command += ["--host-name", "exam.example.cn"]
    command += [
        "--certificate",
        str(chain),
        "--certificate-key",
        str(private),
        "--port",
        "9001",
        "--port",
        "9002",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [Path(line).name for line in done.stdout.splitlines()] == [
        "nginx.conf",
        "oneseat-portal@.service",
        "oneseat-portal.target",
    ]
    site = (plain_folder / "out" / "nginx.conf").read_text()
    assert "127.0.0.1:9001" in site
    assert "127.0.0.1:9002" in site


@dataclass
class Front:
    """Two portal processes behind nginx, over https."""

    url: str
    http_port: int
    https_port: int
    exam: PublishedExam
    folder: Path
    processes: list[Process]
    tls: ssl.SSLContext

    def candidate(self, serial: int) -> Candidate:
        """One of the candidates, at an address that no other has."""
        made = Candidate(self.url, EXAM, self.exam.people[serial])
        way = httpx.HTTPTransport(verify=self.tls, trust_env=False, local_address=f"127.0.1.{serial + 1}")
        made.http = httpx.Client(base_url=self.url, timeout=30, trust_env=False, transport=way)
        return made


@contextlib.contextmanager
def _running_front(folder: Path, base: Base) -> Iterator[Front]:
    keys = Keys.make(folder / "keys", rehearsal=True)
    exam = PublishedExam(folder, keys, base, rehearsal=True).publish_everything()
    made = deployment(folder)
    url = f"https://localhost:{made.https_port}"
    with contextlib.ExitStack() as running:
        more: dict[str, object] = {"public_url": url, "trusted_proxies": ["127.0.0.1/32"]}
        more |= {"address_burst": 2, "address_per_minute": 1}
        processes = [running.enter_context(Process(exam, INSIDE.isoformat(), **more)) for _ in range(2)]
        ports = [int(process.url.rpartition(":")[2]) for process in processes]
        made = made.model_copy(update={"ports": tuple(ports)})
        whole = configuration(folder, made)
        running.enter_context(running_nginx(whole, made.https_port))
        tls = ssl.create_default_context(cafile=made.certificate)
        yield Front(url, made.http_port, made.https_port, exam, folder, processes, tls)
    exam.database.close()


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, base: Base) -> Iterator[Front]:
    """For all tests that leave it as it is; each has a candidate of its own, at an address of its own."""
    with _running_front(tmp_path_factory.mktemp("front"), base) as started:
        yield started


@pytest.fixture
def own_front(plain_folder: Path, base: Base) -> Iterator[Front]:
    """For a test that ends a process of it."""
    with _running_front(plain_folder, base) as started:
        yield started


def test_behind_nginx_candidates_log_in_download_and_resume(front: Front) -> None:
    for serial in (0, 1):
        with front.candidate(serial) as candidate:
            target = front.folder / f"{serial}.exe"
            digest = candidate.download(target, break_after=50_000)
            expected = front.exam.stamped(front.exam.people[serial])
            assert digest == hashlib.sha256(expected).hexdigest()
            page = candidate.log_in()
            assert page.url.path == f"/e/{EXAM}/download"
            assert str(page.url).startswith(front.url)
            assert page.headers["strict-transport-security"]
            (session,) = (c for c in candidate.http.cookies.jar if c.name == f"__Host-oneseat-{EXAM}")
            assert session.secure


def test_an_address_cannot_be_made_up_and_figures_stay_inside(front: Front) -> None:
    with front.candidate(5) as candidate:
        for number in range(6):
            candidate.http.headers["x-forwarded-for"] = f"203.0.113.{number}"
            answer = candidate.authenticate(name="别人")
        assert answer.json()["code"] == "OS-172", "each lie counted as another address"
        assert candidate.http.get("/metrics").status_code == 404
    inside = [httpx.get(f"{process.url}/metrics", trust_env=False) for process in front.processes]
    assert [answer.status_code for answer in inside] == [200, 200]


def test_another_host_gets_neither_answer_nor_certificate(front: Front) -> None:
    plain = front.url.replace("https", "http").replace(str(front.https_port), str(front.http_port))
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(plain, headers={"host": "elsewhere.example"}, trust_env=False)
    with (
        pytest.raises(ssl.SSLError),
        socket.create_connection(("127.0.0.1", front.https_port)) as connection,
        front.tls.wrap_socket(connection, server_hostname="elsewhere.example"),
    ):
        pass
    leads_on = httpx.get(plain, headers={"host": "localhost"}, trust_env=False)
    assert (leads_on.status_code, leads_on.headers["location"]) == (301, "https://localhost/")


def test_only_what_is_the_same_for_everybody_is_compressed(front: Front) -> None:
    with front.candidate(6) as candidate:
        page = candidate.http.get(f"/e/{EXAM}/")
        style = re.search(r'href="(/static/[^"]+\.css)"', page.text)
        assert style is not None
        sheet = candidate.http.get(style[1])
    assert sheet.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in page.headers


def test_one_process_may_go_and_nobody_notices(own_front: Front) -> None:
    own_front.processes[0].process.kill()
    own_front.processes[0].process.wait()
    with own_front.candidate(2) as candidate:
        for _ in range(6):
            assert candidate.authenticate().status_code == 200
        candidate.download(own_front.folder / "mine.exe")


def test_a_picture_for_a_help_request_comes_through_and_a_larger_one_does_not(front: Front) -> None:
    noise = Image.frombytes("RGB", (1400, 1400), random.Random(1).randbytes(1400 * 1400 * 3))
    target = io.BytesIO()
    noise.save(target, "PNG")
    assert len(target.getvalue()) > 5 * 1024**2
    with front.candidate(4) as candidate:
        candidate.log_in()
        page = f"/e/{EXAM}/help"
        asked = {"callback": "13800131234", "form_token": form_token(candidate.http.get(page))}
        assert candidate.http.post(page, data={**asked, "reason": "device"}).status_code == 303
        token = form_token(candidate.http.get(page))
        for content, status in ((target.getvalue(), 303), (bytes(10 * 1024**2), 413)):
            form: list[tuple[str, Any]] = [("form_token", (None, token)), ("picture", ("a.png", content))]
            assert candidate.http.post(f"{page}/pictures", files=form).status_code == status
        assert "图片 1 已添加" in candidate.http.get(page).text
    assert list((front.folder / "client_body").iterdir()) == [], "a body was written down"


def test_nothing_that_names_a_person_stays_with_nginx(front: Front) -> None:
    person = front.exam.people[3]
    with front.candidate(3) as candidate:
        granted = candidate.session()
        candidate.download(front.folder / "theirs.exe")
        candidate.log_in()
        candidate.activated(front.exam.licence(person))
    (front.folder / "theirs.exe").unlink()
    logged = (front.folder / "oneseat-access.log").read_text()
    assert " POST 200 " in logged
    secrets = [person.name, person.id_number, person.admission_number, granted["jti"], granted["session"]]
    left = [path for path in front.folder.rglob("*") if path.is_file() and "state.db" not in path.name]
    for path in left:
        content = path.read_bytes()
        for secret in secrets:
            assert secret.encode() not in content, f"{path.name}"
    assert list((front.folder / "client_body").iterdir()) == [], "a body was written down"
