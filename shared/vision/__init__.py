"""Vision: decoding, face detection, cropping, alignment and model inputs."""
