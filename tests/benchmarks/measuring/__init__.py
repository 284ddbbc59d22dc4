"""What the benchmarks measure with: a server, scratch installations of peers, loads, and pairs of runs."""
