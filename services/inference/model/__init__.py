"""The served model: prediction, loading, and swapping of versions."""
