"""``zendesk-handoff check`` with both servers, the account, and a message through it and back."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys

import pytest

from tests.support.servers import MODEL


@pytest.fixture
def check(stack):
    """Run the command: the exit code, and the findings; ``check.start`` only starts it."""

    async def start(*arguments, credentials="credentials.yml"):
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "zendesk_handoff.cli", "check", "--json", *arguments),
            *("--credentials", str(stack.folder / credentials), "--model", str(MODEL)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=dict(os.environ),
        )

    async def run(*arguments, **values):
        process = await start(*arguments, **values)
        output, errors = await process.communicate()
        assert not errors, errors.decode()
        return process.returncode, [json.loads(line) for line in output.splitlines()]

    run.start = start
    return run


async def made_by_the_check(sim):
    return [
        each
        for each in await sim.conversations()
        if str((each["metadata"] or {}).get("rasa_handoff_session", "")).startswith("check-")
    ]


async def test_the_servers_the_account_and_the_way_there_and_back(stack, sim, check):
    code, findings = await check("--round-trip")
    assert code == 0, findings
    assert {each["outcome"] for each in findings} <= {"ok", "warning", "skipped"}
    fine = {each["check"]: each["cause"] for each in findings if each["outcome"] == "ok"}
    for name in ("Rasa server", "action server", "same store", "loaded model", "router", "store"):
        assert name in fine, findings
    for connector in ("support", "wholesale"):
        assert f"round trip ({connector})" in fine, findings
    assert stack.store_url in fine["same store"]
    # A channel that cannot push is told, one that can is fine.
    [rest] = [each for each in findings if each["check"] == "channel rest"]
    assert rest["outcome"] == "warning"
    assert "channel webchat" in fine
    assert stack.count("SELECT count(*) FROM probes") == 0
    assert await made_by_the_check(sim) == []


async def test_ctrl_c_deletes_what_the_round_trip_has_made(stack, sim, check):
    support = stack.connectors["support"]
    app = await sim.app(support["app_id"])
    webhook = app.integrations[0].webhook_id
    await sim.set_webhook(app.id, webhook, secret="a-secret-that-the-server-does-not-know")
    try:
        process = await check.start("--round-trip")
        made = await sim.wait_until(lambda: made_by_the_check(sim))
        await sim.wait_for_message(made[0]["id"])
        process.send_signal(signal.SIGINT)
        await process.communicate()
        assert process.returncode != 0
        assert await made_by_the_check(sim) == []
        assert stack.count("SELECT count(*) FROM probes") == 0
    finally:
        await sim.set_webhook(app.id, webhook, secret=support["webhook_secret"])


async def test_the_route_needs_a_secret_of_the_settings(stack, http):
    for headers in ({}, {"X-Handoff-Check": "1:2"}, {"X-Handoff-Check": "é"}):
        url = f"{stack.rasa_url}/webhooks/zendesk/check"
        async with http.get(url, headers=headers) as answer:
            assert answer.status == 401
            assert "store" not in await answer.text()


async def test_the_action_server_names_its_store_when_it_starts(stack):
    log = stack.processes["actions"].log.read_text()
    [ready] = [each for each in log.splitlines() if "handoff.actions.ready" in each]
    assert f"store={stack.store_url}" in ready
    for name in ("actions", "rasa"):
        assert "handoff.check." not in stack.processes[name].log.read_text()
