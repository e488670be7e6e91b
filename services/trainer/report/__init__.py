"""A version's report: findings, advice and pictures on one page."""
