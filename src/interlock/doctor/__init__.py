"""``interlock doctor``: looks a deployment over, says what is wrong with it, and what to do about that.

findings.py    what a check finds
patient.py     what checks have at hand
checks.py      all checks, in their order, and how they are run
postgresql.py  PostgreSQL: version, settings, connections, clock, disk
schema.py      what is laid in it: migration, guards, keys
intruders.py   what stands on the tables and goes past the guards
roles.py       the role as which servers work
storage.py     vacuum, transaction ids, bloat, long transactions
feed.py        who gives events their positions
work.py        leases, counts, tags, managers
history.py     positions, events, sequences, throughput
command.py     the command

Nothing is changed: statements run in transactions that may only read, and what the guards are compared with is laid
aside and rolled back.
"""
