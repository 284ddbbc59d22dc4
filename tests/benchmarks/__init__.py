"""Benchmarks: each starts what it needs, warms up, runs its pairs in turn, and reports ratios."""
