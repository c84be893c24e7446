"""Servers whose answers come late at random, as over a poor line: calls then overtake each other.

``make test-late`` runs the browsers' tests so. What a page does with an answer that comes after a newer one,
or with a click while a call is on its way, shows in no other run but by accident.
"""

from __future__ import annotations

import asyncio
import os
import random

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SEED = os.environ.get("ONESEAT_LATE")
"""Chooses the delays; None in runs without them."""
_SHARE = 0.35
_LONGEST_S = 2.0
_FILES = (".js", ".css", ".svg", ".png", ".woff2")


def with_late_answers(app: ASGIApp) -> ASGIApp:
    """Delay a third of an application's calls before it hears of them, and a third of its answers.

    A page's files come as they are: there are too many of them, and no call waits for another.
    """
    chance = random.Random(f"{SEED} {os.environ.get('PYTEST_CURRENT_TEST')}")

    async def wait() -> None:
        if chance.random() < _SHARE:
            await asyncio.sleep(chance.uniform(0, _LONGEST_S))

    async def delayed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].endswith(_FILES):
            await app(scope, receive, send)
            return

        async def send_late(message: Message) -> None:
            if message["type"] == "http.response.start":
                await wait()
            await send(message)

        await wait()
        await app(scope, receive, send_late)

    return delayed
