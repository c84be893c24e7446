"""Redirects downloads to the store: presigned, short-lived URLs of whole installers."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from starlette.responses import RedirectResponse, Response

from oneseat.portal.delivery.compose import ComposedInstaller, content_disposition
from oneseat.portal.refusals.start import SettingsInvalid
from oneseat.portal.rules.download_gate import Decision, DownloadRules
from oneseat.portal.rules.utc_interval import utc
from oneseat.store import Presigning, Store, installer_name
from signing.errors import OneSeatError
from signing.text import Text

LONGEST_LIFE = timedelta(minutes=15)
"""The URL alone gives access, so it lives only as long as a browser needs to follow it and begin again."""

RETRY_AFTER_S = 30.0
"""How long the store is not asked after it failed: each attempt costs a candidate a timeout."""

_SECOND = timedelta(seconds=1)


def presigned_life_s(now: datetime, decision: Decision, rules: DownloadRules) -> int:
    """How many whole seconds a URL given now may be good for; 0 where none may be given.

    It ends with the open window or after :data:`LONGEST_LIFE`, whichever is first. Outside the
    windows, for seats with an exception or a grant, it ends when the gate's permission does. The
    store checks the expiry when a request begins, so a download under way is not cut off.
    """
    now = utc(now)
    if not decision.may_fetch or decision.fetch_until is None:
        return 0
    ends = [window.closes for window in rules.windows if window.contains(now)] or [decision.fetch_until]
    left = min(max(ends), decision.fetch_until, now + LONGEST_LIFE) - now
    return max(left // _SECOND, 0)


class WholeInstallers:
    """The whole installers in a store that can presign."""

    def __init__(self, store: Store, presigner: Presigning) -> None:
        self._store = store
        self._presigner = presigner
        self._retry_at_s = 0.0

    @classmethod
    def of(cls, store: Store) -> WholeInstallers:
        """The whole installers in ``store``.

        Raises:
            SettingsInvalid: the store cannot presign.
        """
        if not isinstance(store, Presigning):
            raise SettingsInvalid(
                setting="exams.presigned",
                reason=Text(
                    "the store cannot presign: it is no bucket", "该存储不是存储桶，无法生成预签名地址"
                ),
            )
        return cls(store, store)

    def redirect(self, exam: str, jti: str, installer: ComposedInstaller, seconds: int) -> Response | None:
        """A redirect to the store's copy of this installer, valid for ``seconds``.

        None where the store has no copy or does not answer; the portal then serves it itself.
        """
        name = installer_name(exam, jti, installer.sha256, installer.artefact)
        if seconds == 0 or time.monotonic() < self._retry_at_s:
            return None
        try:
            if self._store.find(name) is None:
                return None
            url = self._presigner.presigned_url(
                name, seconds, content_disposition(installer.file_name), installer.media_type
            )
        except OneSeatError:
            self._retry_at_s = time.monotonic() + RETRY_AFTER_S
            return None
        headers = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
        return RedirectResponse(url, 307, headers)
