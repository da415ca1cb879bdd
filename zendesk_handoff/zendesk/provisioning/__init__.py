"""Setting an account up for a connector: what it must have, what it has, and the steps between.

`observe` looks and changes nothing, `plan` compares, and each `Step` of a plan makes one change.
Whatever ends in the middle is found by the next look.
"""

from zendesk_handoff.zendesk.provisioning.observe import Found, observe
from zendesk_handoff.zendesk.provisioning.plan import Plan, plan
from zendesk_handoff.zendesk.provisioning.steps import Made, Step
from zendesk_handoff.zendesk.provisioning.wanted import Wanted, integration_name, wanted_by

__all__ = [
    "Found",
    "Made",
    "Plan",
    "Step",
    "Wanted",
    "integration_name",
    "observe",
    "plan",
    "wanted_by",
]
