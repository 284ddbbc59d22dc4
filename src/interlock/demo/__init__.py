"""The demo: real molecules through the whole lifecycle. A client of the API, nothing else.

command.py     ``interlock demo`` on the command line
run.py         what happens, in order
story.py       the moves that it shows on the way, and why
failure.py     the one exception
processes.py   the server and the manager, as processes that end with the demo
child.py       what makes them end with it, whatever happens
dashboard.py   the dashboard: built if need be, and opened
api.py         the client: one request at a time, and the feed
documents.py   all that it says to the server
keys.py        the keys: the server's own, and one for the manager
molecules.py   the molecules, and what is asked about each
campaign.py    where the records stand: a snapshot, and the feed from exactly there
telling.py     lines for people, with the figures below them
summary.py     what it comes to in the end
further.py     what one can do next
"""
