"""How fast it is: each figure a ratio, both sides alternating in one run (docs/performance.md)."""
