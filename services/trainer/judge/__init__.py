"""Evaluation of a version: metrics, calibration, and the gate before it is served."""
