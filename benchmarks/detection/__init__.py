"""Live detection, beside a plain loop and a search of whole frames."""
