"""Interlock: the status of computations, and the moves that are permitted."""
