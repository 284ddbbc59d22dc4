"""What the benchmark of growth stands on: databases of several sizes in one cluster, and a million transitions."""
