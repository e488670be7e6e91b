"""Structured logging: an event in words, with fields named after the nouns of the contract.

Logs outlive those whom somebody forgets, so they name cameras and jobs, and neither people nor files, which are often
named after them. Messages of exceptions may hold both, so a traceback is logged without them.
"""

import logging
import sys
import traceback
from types import TracebackType
from typing import Literal

import structlog

from familiar.shared.contract.slugs import printable


def configure_logs(service: str, log_format: Literal["console", "json"]) -> None:
    """Log to standard error, uncaught exceptions included, each line with its time and the service's name."""
    shared_steps: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        lambda _logger, _method, event: {**event, "service": service},
        _show_plainly,
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=40)
    )
    structlog.configure(
        processors=[*shared_steps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared_steps,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.ExceptionRenderer(_without_messages),
                renderer,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    # A line for each request, connection and RQ heartbeat would hide the lines that matter.
    for chatty in ("httpx", "websockets.server", "rq.worker", "rq.scheduler"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    sys.excepthook = _log_uncaught


def _show_plainly(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Escape control characters, with which a value could pass for another line."""
    return {name: printable(value) if isinstance(value, str) else value for name, value in event.items()}


def _without_messages(exc_info: structlog.typing.ExcInfo) -> str:
    """Format an exception and what caused it: where, and of which type."""
    lines: list[str] = []
    error: BaseException | None = exc_info[1]
    while error is not None:
        frames = traceback.format_tb(error.__traceback__)
        lines[:0] = ["Traceback (most recent call last):\n", *frames, f"{type(error).__qualname__}\n"]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "".join(lines).rstrip()


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    structlog.get_logger().error("the process failed", exc_info=(kind, error, trace))
