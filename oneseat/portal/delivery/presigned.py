"""Downloads that the store itself serves: whole installers, by URLs that the gate gave and that soon end."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from starlette.responses import RedirectResponse, Response

from oneseat.portal.delivery.compose import MEDIA_TYPE, ComposedInstaller, content_disposition
from oneseat.portal.refusals.start import SettingsInvalid
from oneseat.portal.rules.download_gate import Decision, DownloadRules, utc
from oneseat.store import Presigning, Store, installer_name
from signing.errors import OneSeatError

LONGEST_LIFE = timedelta(minutes=15)
"""Who has the URL has the file, so it is good for as long as a browser needs to follow it and begin again."""

REST_S = 30.0
"""How long a bucket that did not answer is not asked again: each time costs a candidate a wait."""

_SECOND = timedelta(seconds=1)


def life_s(now: datetime, decision: Decision, rules: DownloadRules) -> int:
    """How many whole seconds a URL given now may be good for; 0 where none may be given.

    It ends with the window that is open, or a quarter of an hour from now, whichever is
    first. Outside the windows, for seats with an exception or a download begun in time, it
    ends with what the gate allows them. The store looks at the time when a request begins,
    so a download under way at the end is not cut off.
    """
    now = utc(now)
    if not decision.may_fetch or decision.fetch_until is None:
        return 0
    ends = [window.closes for window in rules.windows if window.holds(now)] or [decision.fetch_until]
    left = min(max(ends), decision.fetch_until, now + LONGEST_LIFE) - now
    return max(left // _SECOND, 0)


class WholeInstallers:
    """The whole installers in a store that can presign."""

    def __init__(self, store: Store, presigner: Presigning) -> None:
        self._store = store
        self._presigner = presigner
        self._away_until_s = 0.0

    @classmethod
    def of(cls, store: Store) -> WholeInstallers:
        """Those in ``store``.

        Raises:
            SettingsInvalid: it cannot presign.
        """
        if not isinstance(store, Presigning):
            raise SettingsInvalid(
                setting="exams.presigned", reason="the store cannot presign: it is no bucket"
            )
        return cls(store, store)

    def redirect(self, exam: str, jti: str, installer: ComposedInstaller, seconds: int) -> Response | None:
        """Where the store serves this very installer for so many seconds.

        None where it does not hold it or does not answer: the portal then serves it itself.
        """
        name = installer_name(exam, jti, installer.sha256)
        if seconds == 0 or time.monotonic() < self._away_until_s:
            return None
        try:
            if self._store.find(name) is None:
                return None
            url = self._presigner.presigned_url(
                name, seconds, content_disposition(installer.file_name), MEDIA_TYPE
            )
        except OneSeatError:
            self._away_until_s = time.monotonic() + REST_S
            return None
        headers = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
        return RedirectResponse(url, 307, headers)
