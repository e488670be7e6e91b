"""capture: reads cameras side by side and publishes their frames."""
