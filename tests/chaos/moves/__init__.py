"""The moves of the nemesis, by name: each a fault that is injected, held for a bounded time, and healed.

What a move must do for itself (submit a record, run a manager) is done by principals and managers whose names begin
with ``nemesis``, as the tags of their records do: it is in the feed, but in nobody's history.
"""

from __future__ import annotations

from collections.abc import Mapping

from chaos.moves import contention, machine, managers, network, postgres, servers, strangers, subscribers, transactions
from chaos.moves.move import Move

_FAMILIES = (postgres, network, servers, managers, contention, transactions, machine, subscribers, strangers)
MOVES: Mapping[str, Move] = {move.name: move for family in _FAMILIES for move in family.MOVES}

__all__ = ["MOVES", "Move"]
