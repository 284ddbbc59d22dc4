"""``./dev chaos``: runs with a nemesis, one seed after another."""
