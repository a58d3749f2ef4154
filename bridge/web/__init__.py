"""What a service tells over HTTP: whether it lives, whether it is ready, and its metrics.

standing  what is asked of the service, as a protocol
metrics   the figures, and how they are counted
app       the routes, and who may read them
asking    the other end: how the command `health` asks
server    the socket, and the thread that serves it
"""
