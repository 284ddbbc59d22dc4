"""What a lease must fence off, as functions: run by the tests as they are, and by the tests of the mutants.

Each takes a :class:`Ring` of connections to a fresh database and asserts. A lock that is not there shows as a
wrong answer, one that is held too long as a lock timeout.
"""
