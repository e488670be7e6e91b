"""extractor: finds the faces in frames, publishes them, and collects samples for enrolments."""
