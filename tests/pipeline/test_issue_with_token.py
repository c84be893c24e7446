"""An issue run whose licence key is in a PKCS#11 token: each worker signs in a session of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from oneseat.pipeline.workers.pool import WorkerOptions
from oneseat.state.tables.issuing import Licence
from signing import jws
from signing.authority import hsm
from signing.authority.keys import AUTHORITY, KeyRing
from signing.tokens import Licence as LicenceToken
from tests import softhsm
from tests.pipeline.exam_workspace import NOW, PASSPHRASE, ExamWorkspace, Rings, people


@pytest.mark.service
@pytest.mark.parametrize("workers", [WorkerOptions(0), WorkerOptions(2)], ids=["alone", "two workers"])
def test_every_licence_is_the_tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: WorkerOptions
) -> None:
    token = softhsm.make(tmp_path)
    monkeypatch.setenv("SOFTHSM2_CONF", str(token.configuration))
    hsm.SESSIONS.close_all()
    rings = Rings.make(tmp_path / "keys")
    key = hsm.generate(token.uri, "licence", token.pin.encode())
    KeyRing.open(rings.authority.folder, PASSPHRASE, AUTHORITY).adopt("licence", key, NOW)
    rings = Rings(KeyRing.open(rings.authority.folder, PASSPHRASE, AUTHORITY), rings.portal)
    workspace = ExamWorkspace(tmp_path, rings)
    assert workspace.issuer(workers=workers).issue(workspace.roster(people(2500))).added == 2500
    with workspace.database.reading() as connection:
        licences = list(connection.scalars(select(Licence.token)))
    assert len(licences) == 2500
    for licence in licences:
        jws.verify(licence, LicenceToken.TYP, {key.kid: key.public_key})
    hsm.SESSIONS.close_all()
