"""Logs and answers what is no refusal: a database or store out of reach, or an unforeseen exception."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from oneseat.state.errors import StateUnavailable
from oneseat.store.errors import StoreFull, StoreUnavailable
from oneseat.web.errors import WebError
from oneseat.web.problems import has_status
from signing.errors import OneSeatError
from signing.text import verbatim

_OUT_OF_REACH = (StateUnavailable, StoreUnavailable, StoreFull)


@dataclass(frozen=True)
class Faults:
    """How one server answers faults, and where it logs them.

    ``unready`` is its refusal with the fact ``what``, for a database or store out of reach; ``fault`` the one
    with the fact ``reference``, which the log's line has too.
    """

    log: logging.Logger
    unready: type[WebError]
    fault: type[WebError]

    def refusal_for(self, error: Exception, reference: str) -> OneSeatError:
        """The refusal to answer with: the error itself, or a fault with a reference into the log.

        ``reference`` is the request's identifier (:mod:`oneseat.web.request_id`).
        """
        if isinstance(error, _OUT_OF_REACH):
            # Its text names the database or the store, which callers must not learn.
            facts = {"reference": reference, "code": error.code}
            self.log.error("out of reach: %s", _origin(error), extra=facts)
            return self.unready(what=verbatim(error.code))
        if isinstance(error, OneSeatError) and has_status(error):
            return error
        # The message may hold what a candidate typed, so only the place and the class are logged.
        self.log.error(
            "fault: %s", _origin(error), extra={"reference": reference, "code": code_or_none(error)}
        )
        return self.fault(reference=reference)


def code_or_none(error: Exception) -> str | None:
    """The code of a refusal, for a log's line; None of any other exception."""
    return error.code if isinstance(error, OneSeatError) else None


def _origin(error: Exception) -> str:
    """Class and innermost places of an exception, without its message."""
    places = []
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('/')[2]}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return f"{type(error).__name__} at {' < '.join(reversed(places[-6:]))}"
