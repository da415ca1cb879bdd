"""What of the bot's own gets into the importer's way, as findings of ``zendesk-handoff check``.

Rasa reads the bot for it, and loads TensorFlow on the way: that is done in a process of its own,
beside the other checks, whose warnings nobody has to read.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from zendesk_handoff.checks import Finding, Outcome, fine, problem, skipped, warning
from zendesk_handoff.checks.bot_files import names_importer
from zendesk_handoff.errors import MissingDependency, UnsupportedEnvironment

_NAME = "collisions"
#: Seconds; a slow machine needs half a minute to import Rasa.
_TIMEOUT = 180.0


async def check_collisions(folder: Path) -> list[Finding]:
    """List what of the bot's is kept, and keeps a handover from working.

    Args:
        folder: The bot's; nothing is found where ``config.yml`` does not name the importer.
    """
    if not names_importer(folder):
        return []
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__, str(folder)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=folder,  # an importer of the bot's own is found there, as by rasa train
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), _TIMEOUT)
        last = output.decode("utf-8", "replace").strip().rpartition("\n")[2]
        return [Finding(each[0], Outcome(each[1]), each[2], each[3]) for each in json.loads(last)]
    except (asyncio.TimeoutError, ValueError, LookupError):
        return [
            skipped(_NAME, "The bot's files could not be read.", "rasa data validate says why.")
        ]
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def find_collisions(folder: Path) -> list[Finding]:
    """Read the bot as ``rasa train`` does, in this process."""
    try:
        from rasa.shared.exceptions import RasaException

        from zendesk_handoff.importer import HandoffImporter
    except (MissingDependency, UnsupportedEnvironment):
        return [skipped(_NAME, "Rasa, which reads the bot, is not installed here.")]
    domain = folder / "domain.yml"
    domain = domain if domain.exists() else folder / "domain"
    data = [str(folder / "data")]
    try:
        found = HandoffImporter(str(folder / "config.yml"), str(domain), data).collisions()
    except RasaException as error:
        cause = " ".join(str(error).split())
        return [problem(_NAME, cause, "Correct it: rasa train refuses it as well.")]
    if not found:
        return [fine(_NAME, "Nothing of the bot's keeps HandoffImporter from what it does.")]
    return [warning(_NAME, each.cause, each.cure) for each in found]


if __name__ == "__main__":
    findings = find_collisions(Path(sys.argv[1]))
    records = [[each.check, each.outcome.value, each.cause, each.cure] for each in findings]
    sys.stdout.write(f"\n{json.dumps(records)}\n")
