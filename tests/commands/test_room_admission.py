"""``room admit-without-tickets``: two persons switch it, and it says how it is and who came in so."""

from __future__ import annotations

import pytest

from oneseat.state.accounts import audit
from oneseat.state.database import Database
from tests.commands.conftest import EXAM, Engineer

pytestmark = pytest.mark.service  # makensis: its version is part of the build that a charter names
COMMAND = ("room", "admit-without-tickets")


def test_two_persons_switch_it_and_one_does_not(prepared: Engineer) -> None:
    assert prepared.run(*COMMAND, "--json").object == {"on": False, "admitted": 0}
    for names in ((), ("--by", "王主考"), ("--by", "王主考", "--by", "王主考")):
        refused = prepared.run(*COMMAND, "on", *names)
        assert refused.status != 0
        assert "OS-2172" in refused.err
    two = ("--by", "王主考", "--by", "李副主考")
    assert prepared.run(*COMMAND, "on", *two).status == 0
    assert prepared.run(*COMMAND, "--json").object["on"] is True
    assert prepared.run(*COMMAND, "off", *two, "--json").object == {"on": False}
    assert "It is off; 0 came in so." in prepared.run(*COMMAND).out
    with Database.open(prepared.space.state_url).reading() as connection:
        entries = audit.latest(connection, EXAM.id, 10)
    switched = [entry.facts for entry in entries if entry.act == "room.admission"]
    assert switched == ['{"on":false}', '{"on":true}'], "without the names"
