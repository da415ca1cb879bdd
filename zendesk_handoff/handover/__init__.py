"""A session's life: opening, forwarding, classifying events, inactivity, reconciliation."""
