"""A viewer's part of the wall: one page of one filter, and of what has changed since it was sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from oneseat.room.rules.wall import PER_PAGE, WallFilter, count_filters
from oneseat.room.staff.live_wall.wall_reading import Tile, WallSnapshot

Sees = Callable[[Tile], bool]


@dataclass
class WallView:
    """What one viewer follows. ``sees`` is whether a tile's group is one of the viewer's."""

    shown: WallFilter
    page: int
    sees: Sees
    _order: list[str] | None = None
    _tiles: dict[str, Tile] = field(default_factory=dict)
    _figures: dict[str, Any] = field(default_factory=dict)

    def message_of(self, snapshot: WallSnapshot) -> str:
        """The changes since the last message as JSON; empty where there are none."""
        news = self.news(snapshot)
        return json.dumps(news, ensure_ascii=False, separators=(",", ":")) if news else ""

    def news(self, snapshot: WallSnapshot) -> dict[str, Any]:
        """What has changed: tiles of this page, their order, the filters' counts; empty where nothing has."""
        mine = [tile for tile in snapshot.tiles if self.sees(tile)]
        wanted = [tile for tile in mine if self.shown in tile.filters]
        figures = _figures(mine, len(wanted))
        tiles = wanted[(self.page - 1) * PER_PAGE :][:PER_PAGE]
        order = [tile.attempt for tile in tiles]
        changed = [tile.shown for tile in tiles if self._tiles.get(tile.attempt) != tile]
        if order == self._order and figures == self._figures and not changed:
            return {}
        self._order, self._figures = order, figures
        self._tiles = {tile.attempt: tile for tile in tiles}
        return {
            "now": int(snapshot.at.timestamp() * 1000),
            "order": order,
            "tiles": changed,
            **figures,
        }


def _figures(mine: Sequence[Tile], total: int) -> dict[str, Any]:
    counts = count_filters(tile.filters for tile in mine)
    pages = max(1, -(-total // PER_PAGE))
    return {"counts": {shown.value: count for shown, count in counts.items()}, "total": total, "pages": pages}
