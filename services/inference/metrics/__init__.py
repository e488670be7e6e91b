"""What inference measures, and the metrics of all services on one page."""
