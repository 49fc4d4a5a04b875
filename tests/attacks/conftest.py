"""Keeps pytest from importing attacks: reading them is all that anyone should do."""

collect_ignore_glob = ["*"]
