"""Joining what candidates sent: no segment reaches another file, invents time, or stops an export."""

from __future__ import annotations

from pathlib import Path

import pytest

from oneseat.room.evidence import joining
from tests.room.films import film, film_with_pause, play

HOSTILE = {
    "script": b"ffconcat version 1.0\nfile others/secret.webm\n",
    "playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nothers/secret.webm\n#EXT-X-ENDLIST\n",
    "noise": bytes(range(256)) * 8,
    "audio": film(1).replace(b"A_OPUS", b"A_XXXX"),
    "video": film(1).replace(b"V_VP8", b"V_XX8"),
}
"""The last two name a codec that there is not."""


def join(folder: Path, *contents: bytes) -> joining.Joined:
    """Join segments of these contents, with another candidate's recording in a folder beside them."""
    (folder / "others").mkdir()
    (folder / "others" / "secret.webm").write_bytes(film(3, 2))
    paths = [folder / f"{number}.webm" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return joining.join(paths, folder / "joined", "s")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_segment_is_noted_and_the_rest_is_joined(name: str, tmp_path: Path) -> None:
    joined = join(tmp_path, film(1), HOSTILE[name], film(2))
    assert (joined.files, joined.unreadable) == (["s.webm"], ["1.webm"])
    assert play(tmp_path / "joined" / "s.webm")[0] == 20, "no picture of another file"


@pytest.mark.parametrize("seconds", [3600, 10**12, 4 * 10**15])
def test_a_segment_cannot_claim_time_that_no_segment_lasts(seconds: int, tmp_path: Path) -> None:
    joined = join(tmp_path, *[film_with_pause(seconds)] * 3)
    assert joined.unreadable == ["0.webm", "1.webm", "2.webm"]
    assert joined.seconds < 1, "else gaps were hidden, or the sum was no time at all"
