"""A stateful test of the whole money path against a model that knows nothing of our code."""
