"""inference: names faces, over HTTP and as a stream, with the current model version."""
