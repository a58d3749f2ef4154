"""How we speak HTTP: one `send` with our timeouts, our retries, one throttle gate, bearer tokens and our errors.

answer     what came back: body, the server's own words, what kind of answer it is
failure    what went wrong instead: httpx's exceptions in our terms
reaction   the table: what each answer and each failure means for a read and for a write
waits      how long to wait before the next try
gate       who has to wait: everybody while a throttle lasts, and no longer than a run may
client     the loop that sends, waits and tries again
bundle     many requests in one exchange, each judged by itself
tokens     OAuth client credentials
settings   the figures
"""
