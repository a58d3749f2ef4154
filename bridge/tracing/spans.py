"""Steps as spans, and their way to a collector.

Spans are queued and sent by a thread of their own, so a run never waits for a collector. What the queue does not
hold, what does not arrive, and what is left when time is up at the end, is lost, and the log says so once.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Final

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Span, StatusCode, Tracer

from bridge import __version__
from bridge.config.tracing import TracingSection
from bridge.cycle.progress import Step, Steps
from bridge.redaction import register_secret

_LOG = structlog.get_logger("bridge")

NAME: Final = "hyperproof-bridge"

SENDING: Final = 10.0
"""Seconds in which a batch has to arrive, all tries together. Only the sending thread waits for it."""

CLOSING: Final = 2.0
"""Seconds that the end of a command, or of a service, waits for what is still to be sent."""

_BETWEEN: Final = 1000
"""Milliseconds between two batches."""


@contextmanager
def opened_collector(section: TracingSection) -> Iterator[Steps]:
    """Send steps to a collector. At the end what is left is sent, if that takes no longer than CLOSING."""
    exporter = OTLPSpanExporter(
        endpoint=f"{section.endpoint}/v1/traces",
        certificate_file=str(section.ca_file) if section.ca_file else None,
        headers=_headers(section),
        timeout=SENDING,
    )
    resource = Resource.create({SERVICE_NAME: NAME, SERVICE_VERSION: __version__})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(
        BatchSpanProcessor(_Exporter(exporter, section.endpoint), schedule_delay_millis=_BETWEEN)
    )
    try:
        yield _Traced(provider.get_tracer(NAME, __version__))
    finally:
        _close(provider, section.endpoint)


def _close(provider: TracerProvider, endpoint: str) -> None:
    closing = Thread(target=provider.shutdown, name="tracing-close", daemon=True)
    closing.start()
    closing.join(CLOSING)
    if closing.is_alive():
        _LOG.warning("traces.lost", endpoint=endpoint, reason=f"not sent within {CLOSING:g} seconds at the end")


def _headers(section: TracingSection) -> dict[str, str]:
    headers = {name: secret.read() for name, secret in section.headers.items()}
    for value in headers.values():
        register_secret(value)
    return headers


class _Exporter(SpanExporter):
    """Tells when spans begin to be lost, and not for each batch."""

    def __init__(self, exporter: OTLPSpanExporter, endpoint: str) -> None:
        self._exporter = exporter
        self._endpoint = endpoint
        self._loses = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        lost = result is not SpanExportResult.SUCCESS
        if lost and not self._loses:
            _LOG.warning("traces.lost", endpoint=self._endpoint, reason="the collector did not take them")
        self._loses = lost
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()  # type: ignore[no-untyped-call]  # the library gives it no types


@dataclass(frozen=True, slots=True)
class _Traced:
    tracer: Tracer

    @contextmanager
    def __call__(self, name: str, **facts: str | int) -> Iterator[Step]:
        with self.tracer.start_as_current_span(
            name, attributes=_attributes(facts), record_exception=False, set_status_on_exception=False
        ) as span:
            step = _SpanStep(span)
            try:
                yield step
            except BaseException as error:
                step.fail(type(error).__name__)  # its words may hold names
                raise


@dataclass(frozen=True, slots=True)
class _SpanStep:
    span: Span

    def tell(self, **facts: str | int) -> None:
        """Put facts on the span."""
        self.span.set_attributes(_attributes(facts))

    def fail(self, reason: str) -> None:
        """Mark the span as failed."""
        self.span.set_status(StatusCode.ERROR, reason)


def _attributes(facts: Mapping[str, str | int]) -> dict[str, str | int]:
    return {f"bridge.{name}": value for name, value in facts.items()}
