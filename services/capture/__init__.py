"""capture: reads cameras concurrently and publishes their frames."""
