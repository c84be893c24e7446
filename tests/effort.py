"""How much the random tests do: little and always the same in an ordinary run, much and random in a long one.

``ONESEAT_TESTS=long`` (``make test-long``) chooses the long run. It decides how many examples Hypothesis
tries, how long a target is fuzzed, how often a run is killed, and whether bases are built anew instead of
taken from the cache. ``ONESEAT_TESTS=quick`` (``make check``) chooses a run with fewer examples than the
ordinary one, of which it is otherwise a part.
"""

from __future__ import annotations

import os

_CHOSEN = os.environ.get("ONESEAT_TESTS")

LONG = _CHOSEN == "long"
"""Whether this is the long run."""
QUICK = _CHOSEN == "quick"
"""Whether this is the quick run."""

FUZZ_RUNS = 0 if LONG else 2000
"""How many inputs a fuzz target is given, about half a second's worth; 0: as many as the time allows."""
FUZZ_SECONDS = 60 if LONG else 10
"""Seconds that a fuzz target may take."""
KILLS = 20 if LONG else 6
"""How often a run is killed before it may end."""

_LONGER = 5
_QUICKER = 4


def examples(ordinary: int) -> int:
    """How many examples a property tries, given how many it tries in the ordinary run."""
    if LONG:
        return ordinary * _LONGER
    return ordinary // _QUICKER if QUICK else ordinary
