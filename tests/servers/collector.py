"""A collector of traces, OTLP over HTTP: it decodes what it is sent, or never answers, or sends elsewhere."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class Collector:
    """What was sent, and whether answers are given."""

    def __init__(self, *, hangs: bool, moved_to: str) -> None:
        self.hangs = hangs
        self.moved_to = moved_to
        self.released = Event()
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.resources: list[dict[str, Any]] = []
        self.spans: list[Span] = []
        self.url = ""

    def take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        """Decode a request and keep it."""
        content = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
        request = ExportTraceServiceRequest.FromString(content)
        self.paths.append(path)
        self.headers.append(headers)
        for each in request.resource_spans:
            self.resources.append(facts(each.resource.attributes))
            self.spans += [span for scope in each.scope_spans for span in scope.spans]

    def named(self, name: str) -> list[Span]:
        """The spans of one name."""
        return [span for span in self.spans if span.name == name]

    def one(self, name: str) -> Span:
        """The only span of its name."""
        (span,) = self.named(name)
        return span


def facts(attributes: Any) -> dict[str, Any]:  # noqa: ANN401 - a repeated field of protobuf's
    """Attributes as plain values."""
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


@contextmanager
def collector(*, hangs: bool = False, moved_to: str = "") -> Iterator[Collector]:
    """A collector that listens."""
    made = Collector(hangs=hangs, moved_to=moved_to)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.take(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            if made.hangs:
                made.released.wait()
                return
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(307 if made.moved_to else 200)
            if made.moved_to:
                self.send_header("Location", f"{made.moved_to}{self.path}")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - as in the base class
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield made
    finally:
        made.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
