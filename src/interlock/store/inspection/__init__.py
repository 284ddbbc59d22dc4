"""What can be read of a deployment's database, for ``interlock doctor``. Nothing here changes anything.

definitions.py  tables, guards, functions and rights, as they are and as they should be
server.py       PostgreSQL's version, settings, connections, roles and clock
storage.py      vacuum, transaction ids, bloat, and who is in their way
work.py         leases, counts, tags, managers
"""
