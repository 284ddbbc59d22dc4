"""Peers: each a server of the same records in its own way, started by ``measuring/serving.py``."""
