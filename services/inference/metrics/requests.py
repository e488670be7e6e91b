"""Counts HTTP requests, by route template and status."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from familiar.services.inference.metrics.measured import count_request

# One label for all unknown paths, to bound the cardinality.
NO_ROUTE = "none"


class RequestCounter:
    """ASGI middleware that counts responses, endless ones when they begin."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, and count its response."""
        counted = False

        def count(status: int) -> None:
            nonlocal counted
            if not counted:
                count_request(getattr(scope.get("route"), "path", NO_ROUTE), status)
            counted = True

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                count(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, send_counted)
        except Exception:
            # An unhandled exception is answered outside of every middleware.
            count(500)
            raise
