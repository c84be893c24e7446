"""Deletes objects from the store: surplus ones after a release, all of them when downloads are over."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain

from oneseat.pipeline.exam.charters import in_force
from oneseat.pipeline.exam.model import Exam
from oneseat.pipeline.issuing.issuer import lock_name
from oneseat.pipeline.publishing.errors import DownloadsOpen
from oneseat.pipeline.publishing.store_sync import Form, ObjectSet, Surplus
from oneseat.state.accounts import audit
from oneseat.state.database import Database
from oneseat.state.publishing import releases
from oneseat.store import OBJECT_NAMES, Store, installer_folder, tail_folder
from signing import dates
from signing.authority.stamp import Stamper
from signing.clock import Clock

FOLDERS = installer_folder, tail_folder


@dataclass(frozen=True)
class Withdrawn:
    """The result: how many objects were deleted; ``changed`` is False when there was nothing to withdraw."""

    exam: str
    release: int | None
    removed: int
    changed: bool


@dataclass(frozen=True)
class Withdrawer:
    """Withdraws an exam's installers. Seats, licences, activations and the charter stay."""

    exam: Exam
    root_public_key: bytes
    database: Database
    store: Store
    clock: Clock

    def withdraw(self, *, early: bool = False) -> Withdrawn:
        """Mark the release as withdrawn, then delete every object of the exam from the store.

        If the process is killed in between, downloads are closed already, and the next one
        deletes the rest.

        Raises:
            DownloadsOpen: candidates may still download, and ``early`` is not set.
            CharterUnsigned: no charter is in force, so nothing says when downloads end.
            RunInProgress: another process issues or publishes this exam.
            StoreUnavailable, StoreBusy, CredentialsRefused: the store did not delete an object.
        """
        exam = self.exam.id
        with self.database.exclusive(lock_name(exam)):
            if not early:
                self._refuse_open()
            release, changed = self._close()
            prefixes = [folder(exam, each) for each in OBJECT_NAMES for folder in FOLDERS]
            for prefix in prefixes:
                self.store.sweep(prefix)
            names = chain(*map(self.store.names, prefixes), old_bases(exam, self.database, self.store))
            removed = self.store.remove_all(names)
        return Withdrawn(exam, release, removed, changed or removed > 0)

    def _refuse_open(self) -> None:
        charter = in_force(self.database, self.root_public_key, self.exam.id)
        until = charter.download.closes + timedelta(seconds=charter.download_grace_s)
        if self.clock.now() < until:
            raise DownloadsOpen(until=dates.deadline(self.exam.local(until)))

    def _close(self) -> tuple[int | None, bool]:
        now = self.clock.now().replace(microsecond=0)
        with self.database.writing() as connection:
            shown = releases.current(connection, self.exam.id)
            if shown is None or shown.withdrawn:
                return shown.id if shown else None, False
            release = releases.withdraw(connection, shown, now)
            facts = {"release": release.id, "withdrawn": shown.id, "seats": release.seats}
            audit.append(connection, now, "pipeline", "unpublish", self.exam.id, facts)
        return release.id, True


def old_bases(exam: str, database: Database, store: Store, current: Collection[str] = ()) -> Iterator[str]:
    """List the base files of the exam's releases that are in the store, except the current ones."""
    with database.reading() as connection:
        names = releases.object_names(connection, exam)
    return (name for name in names if name not in current and store.find(name) is not None)


def remove_surplus(
    shown: Sequence[tuple[ObjectSet, Stamper]],
    exam: str,
    database: Database,
    store: Store,
    bases: Collection[str],
) -> int:
    """Delete what the current release does not need: older objects, and objects of another form.

    ``shown`` has the objects of each artefact, ``bases`` the names of their bases.
    """
    differences = chain.from_iterable(
        replace(objects, form=form).differences(database, store, stamper, only=objects.form)
        for objects, stamper in shown
        for form in (Form.TAILS, Form.WHOLE)
    )
    surplus = (item.name for item in differences if isinstance(item, Surplus))
    return store.remove_all(chain(surplus, old_bases(exam, database, store, current=bases)))
