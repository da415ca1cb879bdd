"""Performance ratios, both sides measured alternately in one run (docs/performance.md)."""
