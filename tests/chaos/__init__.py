"""Faults: a world of real processes, what can go wrong in it, and what must hold all the same."""
