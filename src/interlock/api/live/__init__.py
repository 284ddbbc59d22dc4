"""The subscription ``statusChanges`` over WebSocket, executed once for all who ask the same.

What graphql-core would do for every subscriber and event is done once: an event is tested once for each distinct
filter (service/channels.py), told once for each distinct selection, and laid into frames once for each length of an
operation's id. What is left to do for each subscriber is to join bytes and to write them. What needs the database,
and errors of every kind, is left to graphql-core, which answers alike: a test compares the two.

    documents.py   from a subscribe message to what is followed and how it is told
    telling.py     an event as the JSON of a selection
    frames.py      a batch of events as the frames of one subscriber
    delivery.py    from a channel to a socket
    protocol.py    uvicorn's WebSocket, open for frames that are made
"""
