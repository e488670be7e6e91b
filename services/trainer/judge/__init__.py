"""What a version is worth: evaluation, calibration, and the gate before it is served."""
