"""``zendesk-handoff report``: how handovers went, from the store alone."""
