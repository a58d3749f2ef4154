"""What a service tells over HTTP: whether it lives, whether it is ready, its metrics, and its status page.

standing  what is asked of the service, as a protocol
overview  what the status page shows first
pages     the status page
metrics   the figures, and how they are counted
app       the routes, and who may read them
asking    the other end: how the command `health` asks
server    the socket, and the thread that serves it
"""
