"""``setup --switchboard``: our place beside the agents'."""

from __future__ import annotations

from tests.support.setup_bot import NOTHING, OTHER_TARGET, TARGET


async def test_a_place_that_differs(bot):
    await bot.setup("--switchboard")
    async with bot.admin as admin:
        board = await admin.switchboard.get()
        answer_bot, _, ours = await admin.switchboard.list_integrations(board.id)
        await admin.switchboard.update_integration(
            board.id, ours.id, deliver_standby_events=True, next_id=answer_bot.id
        )
    output = await bot.setup("--switchboard")
    assert "'rasa': next zd-agentWorkspace; 'rasa': no standby events" in output
    assert (await bot.places())[2] == ours


async def test_no_switchboard(bot):
    made = await bot.sim.add_app(switchboard=False)
    bot.app_id, bot.key = made.id, (made.key_id, made.key_secret)
    bot.write(app_id=made.id, key_id=made.key_id)
    (bot.folder / ".env").write_text(f"ACME_KEY={made.key_secret}\n")
    output = await bot.setup("--switchboard", code=1)
    assert "The account has no switchboard. Turn on messaging and the Agent Workspace" in output
    assert await bot.account() == []
    assert "The switchboard has no 'zd-agentWorkspace'" in await bot.setup()
    assert len(await bot.account()) == 1


async def test_a_switchboard_without_such_agents(bot):
    bot.write(agent_workspace="zd-agents")
    output = await bot.setup("--switchboard", code=1)
    assert "no 'zd-agents'; it has zd-answerBot, zd-agentWorkspace." in output
    bot.write(agent_workspace="zd:agentWorkspace")
    await bot.setup("--switchboard")
    assert (await bot.places())[2].next_switchboard_integration_id == (await bot.places())[1].id


async def test_our_name_is_another_integrations(bot):
    other = {"target": OTHER_TARGET, "switchboard_name": "rasa"}
    await bot.sim.add_integration(bot.app_id, other)
    before = await bot.places()
    output = await bot.setup("--switchboard", code=1)
    assert "The name 'rasa' in the switchboard belongs to another integration" in output
    assert len(await bot.account()) == 1
    bot.write(switchboard_integration="rasa bot")
    assert "letters, digits, `-` and `_` only" in await bot.setup("--switchboard", code=1)
    bot.write(switchboard_integration="rasa-2")
    await bot.setup("--switchboard")
    assert (await bot.places())[:3] == before
    assert (await bot.places())[3].name == "rasa-2"


async def test_our_integration_has_another_name_in_the_switchboard(bot):
    ours = {"target": TARGET, "switchboard_name": "bot"}
    await bot.sim.add_integration(bot.app_id, ours)
    assert "write `switchboard_integration: bot`, and give --switchboard" in await bot.setup()
    output = await bot.setup("--switchboard", code=1)
    assert "is in the switchboard already, as 'bot'. Write `switchboard_integration: bot`" in output
    bot.write(switchboard_integration="bot")
    await bot.setup("--switchboard")
    assert [each.name for each in await bot.places()][2:] == ["bot"]
    assert NOTHING in await bot.setup("--switchboard")


async def test_ten_places(bot):
    async with bot.admin as admin:
        for number in range(8):
            one = {"target": OTHER_TARGET, "switchboard_name": f"other-{number}"}
            await bot.sim.add_integration(bot.app_id, one)
        assert len(await admin.list_integrations(types=["custom"])) == 8
    output = await bot.setup("--switchboard", code=1)
    assert "The switchboard has ten integrations, the limit." in output
