"""``status``: where the exam is, on one screen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from oneseat.commands.console import error_object
from oneseat.commands.context import Context
from oneseat.commands.options import Command, pass_context
from oneseat.pipeline.durations import duration
from oneseat.pipeline.sizes import size

if TYPE_CHECKING:
    from oneseat.pipeline.exam.model import Exam
    from oneseat.pipeline.status import Status, Window
    from oneseat.state.phone_figures import PhoneTotals


@click.command(cls=Command)
@pass_context
def status(context: Context) -> None:
    """Say where the exam is: charter, base, issue run, release, windows, counts, clock. Reads only."""
    from oneseat.pipeline import status as statuses

    project, console = context.project(), context.console
    found = statuses.collect(project)
    facts = vars(found) | {
        "clock_doubt": error_object(found.clock_doubt) if found.clock_doubt else None,
        "refusals": [error_object(refusal) for refusal in found.refusals],
    }
    for refusal in found.refusals:
        console.warn(f"{refusal.code}: {refusal.cause_text.en} {refusal.cause_text.zh}")
    rows = list(_Lines(found, project.exam))
    width = max(len(name) for name, _ in rows)
    console.result(facts, "\n".join(f"{name:<{width}}  {value}" for name, value in rows))


class _Lines:
    """The screen's lines: a name and a value each, at most 80 columns wide."""

    def __init__(self, status: Status, exam: Exam) -> None:
        self._status, self._exam = status, exam

    def __iter__(self) -> Iterator[tuple[str, str]]:
        yield "exam", f"{self._status.exam}  {self._status.title.zh}"
        yield "clock", self._clock()
        yield "charter", self._charter()
        yield "base", self._base()
        if self._status.base is not None and self._status.base.development_certificate:
            yield "", "signed with a DEVELOPMENT CERTIFICATE: for trials, not for candidates"
        yield "issued", self._issue_run()
        yield "release", self._release()
        yield "seats", self._counts()
        if self._status.phones is not None:
            yield "phones", self._phones(self._status.phones)
        for window in self._status.open_now:
            yield "open now", f"{self._named(window)}, until {self._at(window.closes)}"
        if not self._status.open_now:
            yield "open now", "nothing"
        yield "next", self._next()
        yield "to clean", self._leftovers()

    def _at(self, moment: datetime) -> str:
        return f"{self._exam.local(moment):%Y-%m-%d %H:%M}"

    def _ago(self, moment: datetime) -> str:
        passed = self._status.now - moment
        if passed >= timedelta(days=1):
            return f"{self._at(moment)}, {passed.days} d ago"
        return f"{self._at(moment)}, {duration(max(passed.total_seconds(), 0))} ago"

    @staticmethod
    def _named(window: Window) -> str:
        return f"{window.name.en} ({window.name.zh})"

    def _clock(self) -> str:
        doubt = self._status.clock_doubt
        now = f"{self._at(self._status.now)} {self._exam.timezone}"
        return f"{now}, plausible" if doubt is None else f"{now}, NOT PLAUSIBLE: {doubt.code}"

    def _charter(self) -> str:
        charter = self._status.charter
        if charter is None:
            return "none that verifies"
        state = "in force" if charter.in_force else "signed, not published"
        text = f"version {charter.version} {state}, signature verified"
        if charter.newest_signed is not None and charter.newest_signed > charter.version:
            text += f"; signed ahead: {charter.newest_signed}"
        return text

    def _base(self) -> str:
        base = self._status.base
        if base is None:
            return "none"
        notes = [self._ago(base.built_at)]
        notes += [] if base.accepted else ["NOT ACCEPTED by the charter"]
        return f"build {base.build[:12]}, {'; '.join(notes)}"

    def _issue_run(self) -> str:
        run = self._status.issue_run
        if run is None:
            return "nothing"
        text = f"run {run.number} {run.state}, {run.rows:,} rows, {run.faulty:,} faulty"
        return f"{text}; {self._ago(run.issued_at)}"

    def _release(self) -> str:
        release = self._status.release
        if release is None:
            return "nothing published"
        batch = "no batch" if release.batch is None else f"batch {release.batch}"
        notes = [self._ago(release.published_at)]
        notes += ["WITHDRAWN"] if release.withdrawn else []
        notes += ["with the phone app"] if release.phone_sha256 else []
        notes += [] if release.is_last_base else ["not of the last base"]
        return f"{release.number}, {batch}, {release.seats:,} seats; {'; '.join(notes)}"

    def _counts(self) -> str:
        counts = self._status.counts
        if counts is None:
            return "none"
        text = f"{counts.seats:,} issued, {counts.published:,} published, {counts.downloaded:,} downloaded, "
        text += f"{counts.activated:,} activated"
        text += f", {counts.revoked:,} revoked" if counts.revoked else ""
        return text + (f", {counts.reissues_asked:,} to re-issue" if counts.reissues_asked else "")

    @staticmethod
    def _phones(phones: PhoneTotals) -> str:
        return f"{phones.issued:,} issued, {phones.published:,} published, {phones.downloaded:,} downloaded"

    def _next(self) -> str:
        window = self._status.next
        return "nothing" if window is None else f"{self._named(window)}, from {self._at(window.opens)}"

    def _leftovers(self) -> str:
        if not self._status.leftovers:
            return "nothing"
        return f"{self._status.leftovers} folders, {size(self._status.leftover_bytes)}: `oneseat clean`"
