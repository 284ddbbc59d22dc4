"""The moves of the nemesis, by name: each a fault that is injected, held for a bounded time, and healed.

What a move must do for itself (submit a record, run a manager) bears the tag ``nemesis``, and is done by principals and
managers whose names begin with that: it is in the feed, but in nobody's history.
"""

from __future__ import annotations

from collections.abc import Mapping

from chaos.moves import network, postgres, servers
from chaos.moves.move import TAG, Move

MOVES: Mapping[str, Move] = {move.name: move for family in (postgres, network, servers) for move in family.MOVES}

__all__ = ["MOVES", "TAG", "Move"]
