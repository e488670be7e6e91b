"""From bytes to an image, to a face, to a model input."""
