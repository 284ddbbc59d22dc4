"""An hour of mixed load, compressed into minutes: what grows that should not."""
