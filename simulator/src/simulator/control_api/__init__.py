"""The control API, `/sim/…`: for tests, for the test kit and for the agent page."""
