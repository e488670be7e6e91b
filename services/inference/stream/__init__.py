"""The stream edge: from faces to predictions, tracks, views and sightings."""
