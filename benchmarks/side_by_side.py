"""Two versions' summaries side by side, for reading: which would an agent rather have?

    python -m benchmarks.summary --save before.json                    # with the older version
    python -m benchmarks.summary --before before.json                  # with the newer one

Which of the two stands first is decided by chance, for each dialogue; the key is at the end. The
file holds texts of the evaluation data and is not part of the project.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

from zendesk_handoff.domain.dialogue import Dialogue

#: Dialogues of each set; three sets make thirty.
EACH = 10

Summaries = Mapping[str, Sequence[str]]


def side_by_side(
    dialogues: Mapping[str, Sequence[Dialogue]],
    before: Summaries,
    write: Callable[[Dialogue], str],
) -> str:
    """Write the page.

    Args:
        dialogues: The dialogues of each set.
        before: The older version's summaries of them, in their order.
        write: The newer version.
    """
    chance = random.Random(17)
    page, key = ["# Summaries, two versions", ""], []
    for name, found in dialogues.items():
        for number in sorted(chance.sample(range(len(found)), min(EACH, len(found)))):
            versions = [("before", before[name][number]), ("after", write(found[number]))]
            chance.shuffle(versions)
            title = f"{len(key) + 1}. {name}, {number}"
            said = [
                f"> {turn.speaker}: {' '.join(turn.text.split())}" for turn in found[number].turns
            ]
            page += [f"## {title}", "", "\n>\n".join(said), ""]
            for letter, (_, text) in zip("AB", versions, strict=True):
                page += [f"**{letter}**", "", "```", text, "```", ""]
            key.append(f"{title}: A is {versions[0][0]}, B is {versions[1][0]}")
    return "\n".join([*page, "## Key", "", *(f"- {line}" for line in key), ""])
