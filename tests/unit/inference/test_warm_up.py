"""Inference asks itself once before anybody else can."""

from fastapi import FastAPI

from familiar.services.inference.model.warm_up import warm_up


def test_the_first_request_is_asked_before_there_is_a_server() -> None:
    """It runs in a thread, like those that come later."""
    app, asked = FastAPI(), []

    @app.get("/healthz")
    def live() -> None:
        asked.append("healthz")

    warm_up(app)
    assert asked == ["healthz"]
