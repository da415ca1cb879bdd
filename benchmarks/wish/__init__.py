"""The examples of requests for a person, and the models that are fitted on them."""
