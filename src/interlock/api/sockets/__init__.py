"""GraphQL over WebSocket: the graphql-transport-ws protocol.

handler.py   one socket: its key, its operations, its end
messages.py  what makes a frame no message of the protocol
places.py    how many sockets a key may have
"""
