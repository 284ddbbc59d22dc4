"""The feed under many subscribers: a process full of WebSocket clients, bare sockets to compare with, and writers."""
