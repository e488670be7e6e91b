"""What is kept on disk: samples, strangers, model versions."""
