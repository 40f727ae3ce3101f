"""Timings of the library beside others; each file is a program: `python -m benchmarks.scalar`."""
