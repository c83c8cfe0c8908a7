"""Measurements: ratios within one run, never a pass or a fail. Synthetic data lives here and in tests only."""
