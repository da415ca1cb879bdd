"""A soak test: many pages and sessions for a while, with attackers beside them."""
