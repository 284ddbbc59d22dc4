"""Who acts in a run: people, managers, followers, readers and an auditor, each a task with random choices of its own.

What an actor chooses comes from a random generator seeded with the run's seed and its name. So the same seed makes the
same schedule; what meets what in between is up to the machine, and may differ.
"""
