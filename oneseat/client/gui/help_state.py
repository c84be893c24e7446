"""State of the candidate's help request, independent of the panel that shows it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Callable, NamedTuple, Optional, Sequence, Union

from oneseat.client.errors import PortalAnswerUnusable, PortalUnreachable, as_refusal
from oneseat.client.gui.threads import RunInThread
from oneseat.client.online.help_requests import HelpForm, HelpRequests, HelpState
from signing.errors import OneSeatError

LOOK_EVERY_S = 10.0
"""While the panel is open."""
_Answered = Union[HelpState, OneSeatError]


class HelpDraft(NamedTuple):
    """What is typed into the form; ``reason`` is empty until one is chosen."""

    reason: str = ""
    words: str = ""
    callback: str = ""
    text_only: bool = False

    def form(self) -> HelpForm:
        """The request to send."""
        return HelpForm(self.reason, self.words, None if self.text_only else self.callback)


class HelpDesk:
    """Help request of one login. Call it in the window's thread; ``changed`` is called there, too.

    ``refusal`` is why an act failed, or the portal's own; ``unheard`` why it could not be asked how it goes.
    """

    def __init__(
        self,
        requests: Callable[[], HelpRequests],
        run_in_thread: RunInThread,
        codes: Callable[[], Sequence[str]],
    ) -> None:
        self._requests, self._run_in_thread, self._codes = requests, run_in_thread, codes
        self.draft = HelpDraft()
        self.state = HelpState(None, requests().is_kept)
        self.pictures = requests().pictures
        self.refusal: Optional[OneSeatError] = None
        self.unheard: Optional[OneSeatError] = None
        self.is_busy = False
        self._is_looking = False
        self._acts = 0
        self._looked_at: Optional[float] = None
        self.changed: Callable[[], None] = lambda: None

    def submit(self) -> None:
        """Send what is typed."""
        requests, form, codes = self._requests(), self.draft.form(), self._codes()
        self._act(lambda: requests.submit(form, codes))

    def withdraw(self) -> None:
        """Withdraw the request."""
        self._act(self._requests().withdraw)

    def add_picture(self, path: Path) -> None:
        """Keep a picture for the request, and send it at once if that is possible."""
        requests, answer = self._requests(), self.state.answer
        number = "" if self.state.is_kept or answer is None else answer.number
        self._act(lambda: requests.keep_picture(path, number))

    def remove_picture(self, picture_id: int) -> None:
        """Take a picture away that the portal has."""
        requests = self._requests()
        self._act(lambda: requests.remove_picture(picture_id))

    def drop_picture(self, slot: int) -> None:
        """Delete a picture that waits."""
        requests = self._requests()
        self._act(lambda: requests.drop_picture(slot))

    def dismiss(self, refusal: OneSeatError) -> None:
        """Show no longer why a picture could not be sent."""
        self._requests().dismiss(refusal)
        self._refresh()

    def look(self) -> None:
        """Ask the portal how the request goes, if that was not done within :data:`LOOK_EVERY_S`."""
        self._refresh()
        now = time.monotonic()
        is_early = self._looked_at is not None and now - self._looked_at < LOOK_EVERY_S
        if is_early or self.is_busy or self._is_looking:
            return
        self._looked_at, self._is_looking = now, True
        requests, acts = self._requests(), self._acts
        self._run_in_thread(lambda: _quietly(requests.look), lambda found: self._looked(found, acts))

    def _act(self, act: Callable[[], Optional[HelpState]]) -> None:
        if self.is_busy:
            return
        self.is_busy, self.refusal = True, None
        self._acts += 1  # what an earlier look found is of no use any more
        self.changed()
        self._run_in_thread(act, self._acted)

    def _acted(self, outcome: Optional[_Answered]) -> None:
        self.is_busy = False
        if isinstance(outcome, OneSeatError):
            self.refusal = outcome
        elif outcome is not None:
            self._take(outcome)
        self.pictures = self._requests().pictures
        self.changed()
        if outcome is None:  # what waits may be sent now
            self._looked_at = None
            self.look()

    def _refresh(self) -> None:
        """Notice pictures that were sent, and the begin and end of an answer time."""
        pictures = self._requests().pictures
        if pictures != self.pictures:
            self.pictures = pictures
            self.changed()

    def _looked(self, outcome: _Answered, acts: int) -> None:
        self._is_looking = False
        if acts != self._acts:
            self._looked_at = None
            return
        if isinstance(outcome, OneSeatError):
            if isinstance(outcome, (PortalUnreachable, PortalAnswerUnusable)):
                self.unheard = outcome
            else:
                self.refusal = outcome
            self.state = self.state._replace(is_kept=self._requests().is_kept)
        else:
            self._take(outcome)
        self.pictures = self._requests().pictures
        self.changed()

    def _take(self, state: HelpState) -> None:
        if state.answer is not None and state.answer.is_open:
            self.draft = HelpDraft()
        self.state, self.unheard = state, None


def _quietly(look: Callable[[], HelpState]) -> _Answered:
    """Look, and return a refusal: repeated every few seconds, it would fill the log of refusals."""
    try:
        return look()
    except Exception as fault:  # noqa: BLE001 -- shown in the panel
        return as_refusal(fault)
