"""``keys ceremony``: creates or opens the root key on an offline computer and signs charters with it.

Input: exam files, and the public keys of the issuing computer (its request). Output: the root key's
public half, signed charters, and a protocol to be signed on paper. The root key stays in a folder of
its own, encrypted under the joined passphrase parts of all custodians.
"""

from __future__ import annotations

import hashlib
import json
import socket
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from oneseat.pipeline.base.collecting import collect
from oneseat.pipeline.base.names import ExamNames
from oneseat.pipeline.exam import charters
from oneseat.pipeline.exam.charters import SignedCharter
from oneseat.pipeline.exam.model import Exam
from oneseat.pipeline.keys.errors import CeremonyRefused
from oneseat.pipeline.workspace import Workspace
from signing import jws
from signing.authority.custody import OFFLINE
from signing.authority.keys import AUTHORITY, ROOT, KeyRing, portal_public_keys, write_private
from signing.authority.signer import ExternalKey
from signing.charter import CharterKey
from signing.clock import Clock
from signing.errors import OneSeatError
from signing.text import Text

MIN_PART_CHARACTERS = 12
"""The minimum length of each custodian's passphrase part."""

ROOT_FILE = "root.json"
PROTOCOL_FILE = "protocol.txt"
_LISTED_USES = charters.LISTED_USES
_LOOPBACK = "lo"
_SIOCGIFFLAGS = 0x8913
_UP_AND_RUNNING = 0x1 | 0x40


@dataclass(frozen=True)
class Request:
    """The issuing computer's request: its exam, its rehearsal mark, and the public keys to list."""

    exam: str
    rehearsal: bool
    keys: tuple[CharterKey, ...]

    @classmethod
    def of(cls, workspace: Workspace) -> Request:
        """Create the request of a workspace; needs no passphrase.

        Raises:
            KeyMissing: a ring is missing.
            KeyRingBroken: a ring is damaged.
        """
        marked = bool(KeyRing.read_index(workspace.authority_keys).get("rehearsal"))
        return cls(workspace.exam, marked, charters.public_keys(*workspace.public_rings))

    @classmethod
    def read(cls, path: Path) -> Request:
        """Read a request from its file.

        Raises:
            CeremonyRefused: the file is no request.
        """
        try:
            members = jws.parse_object(path.read_bytes())
            keys = tuple(CharterKey(key["use"], jws.b64url_decode(key["x"])) for key in members["keys"])
            request = cls(str(members["exam"]), bool(members["rehearsal"]), keys)
        except (OSError, ValueError, KeyError, TypeError, OneSeatError):
            raise refusal(f"{path.name} is no request", f"{path.name} 不是密钥请求文件") from None
        if not keys or any(key.use not in _LISTED_USES or len(key.x) != 32 for key in keys):
            raise refusal(f"{path.name} is no request", f"{path.name} 不是密钥请求文件")
        return request

    def to_json(self) -> bytes:
        """Encode the request for a file."""
        keys = [{"use": key.use, "x": jws.b64url_encode(key.x)} for key in self.keys]
        members = {"exam": self.exam, "rehearsal": self.rehearsal, "keys": keys}
        return json.dumps(members, indent=2).encode() + b"\n"


def refusal(en: str, zh: str) -> CeremonyRefused:
    """Create a refusal of the ceremony."""
    return CeremonyRefused(reason=Text(en, zh))


def active_interfaces() -> list[str]:
    """List network interfaces that are up and connected, without loopback.

    The kernel is asked by ioctl, since ``/sys`` may show another namespace's interfaces. On other
    systems than Linux every interface except loopback is listed.
    """
    return [name for _, name in socket.if_nameindex() if name != _LOOPBACK and _is_running(name)]


def _is_running(name: str) -> bool:
    if sys.platform != "linux":
        return True
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        # struct ifreq of netdevice(7): 16 bytes of name, then the reply, here a short with flags.
        reply = fcntl.ioctl(any_socket, _SIOCGIFFLAGS, struct.pack("16sH14x", name.encode()[:15], 0))
    flags: int = struct.unpack_from("H", reply, 16)[0]
    return flags & _UP_AND_RUNNING == _UP_AND_RUNNING


def join_parts(parts: Sequence[str]) -> bytes:
    """Join the custodians' parts, in order, to the root key's passphrase.

    Raises:
        CeremonyRefused: a part is too short.
    """
    if any(len(part) < MIN_PART_CHARACTERS for part in parts):
        raise refusal(
            f"a part has fewer than {MIN_PART_CHARACTERS} characters",
            f"口令分段少于 {MIN_PART_CHARACTERS} 个字符",
        )
    return "\n".join(parts).encode()


def require_separate_folders(root_folder: Path, out: Path, workspace: Workspace) -> None:
    """Check that the root key's folder is apart from the workspace, other rings, and the output folder.

    Raises:
        CeremonyRefused: another ring is in the folder or a parent, a folder is inside another, or
            the output folder is not empty.
    """
    inside, outside = root_folder.resolve(), out.resolve()
    if inside == outside or inside in outside.parents or outside in inside.parents:
        raise refusal("what is carried out lies in the root key's folder", "导出目录与根密钥目录重叠")
    if workspace.root.resolve() in (inside, *inside.parents):
        raise refusal("the root key's folder lies in the workspace", "根密钥目录位于工作目录之内")
    for index in [folder / "ring.json" for folder in (inside, *inside.parents)] + sorted(
        inside.rglob("ring.json")
    ):
        if index.exists() and KeyRing.read_index(index.parent).get("kind") != ROOT:
            raise refusal(f"{index.parent} holds other keys", f"{index.parent} 中有其他密钥")
    if out.exists() and any(out.iterdir()):
        raise refusal(f"{out} is not empty", f"{out} 不为空")


@dataclass(frozen=True)
class Ceremony:
    """One ceremony, after its folders were checked: the root key's folder and its passphrase."""

    root_folder: Path
    passphrase: bytes
    request: Request
    clock: Clock

    def ring(self) -> tuple[KeyRing, bool]:
        """Open or create the root key's ring; the second value says whether it is new.

        Raises:
            CeremonyRefused: the existing ring has another rehearsal mark than the request.
            PassphraseWrong, KeyRingBroken: the existing ring does not open.
        """
        if (self.root_folder / "ring.json").exists():
            ring = KeyRing.open(self.root_folder, self.passphrase, ROOT)
            if ring.rehearsal != self.request.rehearsal:
                raise refusal("rehearsal and real keys would meet", "演练密钥与正式密钥不得混用")
            return ring, False
        ring = KeyRing.create(
            self.root_folder, self.passphrase, ROOT, self.clock.now(), rehearsal=self.request.rehearsal
        )
        return ring, True

    def sign(self, ring: KeyRing, exams: Sequence[Exam]) -> list[SignedCharter]:
        """Sign a charter for each exam file, in their order: the exam as it is, then extensions ahead.

        Raises:
            CeremonyRefused: a file is another exam's.
            ToolMissing, ClientIncomplete: the client's build id cannot be computed.
            As :func:`oneseat.pipeline.exam.charters.sign`.
        """
        for exam in exams:
            if exam.id != self.request.exam:
                raise refusal(f"'{exam.id}' is another exam", f"“{exam.id}”不是本场考试")
        signer = ring.signer("root")
        signed = []
        for exam in exams:
            draft = charters.export(exam, 1, self.clock.now(), (), ())
            build = collect(ExamNames.of(draft), signer.public_key).build_id
            folder = self.root_folder / "charters"
            signed.append(charters.sign(exam, folder, signer, self.request.keys, [build], self.clock))
        return signed


def export_results(out: Path, ring: KeyRing, signed: Sequence[SignedCharter], protocol: str) -> None:
    """Write the output folder: the root key's public half, the charters, the protocol."""
    out.mkdir(parents=True, exist_ok=True)
    root = {"exam": signed[0].charter.exam, "x": jws.b64url_encode(ring.entry("root").public_key)}
    write_private(out / ROOT_FILE, json.dumps(root).encode() + b"\n")
    for charter in signed:
        write_private(out / charter.path.name, charter.path.read_bytes())
    write_private(out / PROTOCOL_FILE, protocol.encode())


def format_protocol(
    ring: KeyRing, request: Request, signed: Sequence[SignedCharter], facts: ProtocolFacts
) -> str:
    """Format the protocol to print and sign: public fingerprints and digests, never a secret."""
    outcome = Text("made", "生成") if facts.is_new_root else Text("opened", "打开")
    lines = [
        f"OneSeat: root key ceremony / 根密钥仪式    {request.exam}",
        f"{'REHEARSAL / 演练    ' if request.rehearsal else ''}{facts.at.isoformat(timespec='seconds')}",
        "",
        f"Root key {outcome.en} / 根密钥{outcome.zh}:",
        f"  {group_by_four(ring.entry('root').kid)}",
        f"Network up / 已连接网络: {', '.join(facts.interfaces) or 'none / 无'}",
        "",
        "Keys listed / 列入规程的密钥:",
        *(f"  {key.use:<11}{group_by_four(key.kid)}" for key in request.keys),
        "",
        "Charters signed / 签署的规程 (SHA-256):",
    ]
    for charter in signed:
        digest = group_by_four(hashlib.sha256(charter.path.read_bytes()).hexdigest())
        window = charter.charter.download
        lines += [
            f"  {charter.version}.jws   {window.opens:%Y-%m-%d %H:%M} - {window.closes:%Y-%m-%d %H:%M %z}",
            f"    {digest}",
        ]
    lines += ["", "Custodians / 保管人:"]
    for number in range(1, facts.custodians + 1):
        lines.append(f"  {number}. ______________________    signature / 签名 ______________________")
    return "\n".join(
        [*lines, "Witness / 见证人: __________________    signature / 签名 ______________________", ""]
    )


@dataclass(frozen=True)
class ProtocolFacts:
    """Facts of the protocol besides keys and charters."""

    at: datetime
    is_new_root: bool
    interfaces: list[str]
    custodians: int


def group_by_four(text: str) -> str:
    """Split a fingerprint into groups of four, for reading aloud."""
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def import_results(folder: Path, workspace: Workspace, passphrase: bytes, clock: Clock) -> list[int]:
    """Import a ceremony's output on the issuing computer: the root's public key and verified charters.

    Raises:
        CeremonyRefused: the folder is no ceremony's output, is of another root key, or a charter of
            the same version exists with other content.
        TokenMalformed, KeyUnknown, SignatureInvalid, CharterRejected: a charter does not verify.
        OfOtherExam: a charter is another exam's.
    """
    try:
        members = jws.parse_object((folder / ROOT_FILE).read_bytes())
        public_key = jws.b64url_decode(members["x"])
    except (OSError, ValueError, KeyError, TypeError, OneSeatError):
        raise refusal(f"{folder} comes from no ceremony", f"{folder} 不是密钥仪式的导出目录") from None
    received = list(charters.signed(folder, public_key, workspace.exam))
    known = portal_public_keys(workspace.authority_keys).get("root", [])
    if known and known != [public_key]:
        raise refusal("it is of another root key", "其根密钥与本机记录不同")
    for charter in received:
        present = workspace.charters / charter.path.name
        if present.exists() and present.read_bytes() != charter.path.read_bytes():
            raise refusal(
                f"{charter.path.name} is here with other content", f"{charter.path.name} 已存在且内容不同"
            )
    if not known:
        ring = KeyRing.open(workspace.authority_keys, passphrase, AUTHORITY)
        ring.adopt("root", ExternalKey(OFFLINE, public_key), clock.now())
    workspace.charters.mkdir(parents=True, exist_ok=True)
    for charter in received:
        write_private(workspace.charters / charter.path.name, charter.path.read_bytes())
    return [charter.version for charter in received]
