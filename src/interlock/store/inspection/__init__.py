"""What can be read of a deployment's database, for ``interlock doctor``. Nothing here changes anything.

definitions.py  tables, guards, functions and rights, as they are and as they should be
intruders.py    what stands on the tables and makes guards worthless
roles.py        the application's role, and where foreign keys are switched off
server.py       PostgreSQL's version, settings, connections and clock
storage.py      vacuum, transaction ids, bloat, and who is in their way
work.py         leases, counts, tags, managers
ticking.py      the session of the server that ticks
history.py      positions, events, sequences, throughput
looking.py      a connection that only looks
"""
