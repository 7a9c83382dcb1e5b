"""Floor 0: machinery without a membership word in it."""
