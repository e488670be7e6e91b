"""The stores on disk: samples, strangers, model versions."""
