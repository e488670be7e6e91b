"""Live detection: the cascade on the part of a frame where faces may be."""
