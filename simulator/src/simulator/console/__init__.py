"""The control API, `/sim/…`: everything that a test, an agent or the agent page does."""
