"""What services say to each other: messages, manifest, names in Redis, errors."""
