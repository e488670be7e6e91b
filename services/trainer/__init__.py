"""trainer: works through training jobs and publishes model versions."""
