"""GraphQL over HTTP: from the bytes of a request to those of its response, and what may go wrong in between.

  view.py         the endpoint: who asks, and which way an answer is made
in
  heads.py        the head of a request has a deadline and a size
  bodies.py       bodies, read once, within limits; room.py lets large ones wait for each other
  negotiation.py  what a client accepts
  requests.py     the operation that is asked for
out
  answers.py      one result: its JSON and its status; written.py sends it in pieces
  streams.py      many results: server-sent events, Apollo's multipart
  refusals.py     what is no result
  connections.py  clients that take nothing are cut off
"""
