"""Counts HTTP requests, by the template of their route and the status of their answer."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from familiar.services.inference.metrics.measured import count_request

# One label for all that somebody may ask for and there is not.
NO_ROUTE = "none"


class RequestCounter:
    """Middleware around an application; an endless answer is counted when it begins."""

    def __init__(self, app: ASGIApp) -> None:
        """Count what `app` answers."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and count the answer."""
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
            # The answer to a bug is given outside of every middleware.
            count(500)
            raise
