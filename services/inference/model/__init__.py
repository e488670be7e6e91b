"""The model that is served: predicting, loading and swapping versions."""
