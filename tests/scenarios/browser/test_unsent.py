"""What is written while the server is away: sent once it is back, or shown as not sent."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.support.bot_texts import ASK_HOURS, HOURS
from tests.support.browser import picture

WAITING = "Not sent yet. Trying again …"


async def test_words_that_a_dying_server_does_not_take_arrive_once(open_chat, stack):
    customer = await open_chat()
    await customer.says("hello from before")
    await customer.sees("Sent", times=1)
    stack.processes["rasa"].stop(kill=True)
    try:
        await customer.says(ASK_HOURS)
        await customer.says("two")
        await customer.sees(WAITING)
        await customer.sees("Connection lost. Trying again …")
        await expect(customer.frame.get_by_role("button", name="Send again")).to_have_count(1)
        await customer.shot("unsent")
    finally:
        stack.processes["rasa"].start()
    await customer.sees(HOURS)
    await customer.sees(WAITING, times=0)
    await customer.sees("Connection lost. Trying again …", times=0)
    await customer.page.reload()
    await customer.sees("two")
    words = [each["words"] for each in await customer.messages() if each["role"] == "user"]
    assert words == ["hello from before", ASK_HOURS, "two"], "once, in order"


async def test_words_outlive_a_reload_and_are_sent_at_the_users_word(open_chat):
    customer = await open_chat()
    lost = []

    async def lose(route):
        lost.append(route.request.post_data_json["id"])
        await route.abort()

    await customer.page.route("**/webchat/messages", lose)
    await customer.says(ASK_HOURS)
    await customer.sees(WAITING)
    await customer.page.reload()
    await customer.sees(ASK_HOURS)
    await customer.sees(WAITING)
    await customer.page.unroute("**/webchat/messages")
    async with customer.page.expect_request("**/webchat/messages") as sent:
        await customer.frame.get_by_role("button", name="Send again").click()
    assert {*lost, (await sent.value).post_data_json["id"]} == {lost[0]}, "under one id"
    await customer.sees(HOURS)
    await customer.sees(WAITING, times=0)


async def test_words_whose_answer_was_lost_are_shown_once(open_chat):
    customer = await open_chat()

    async def lose_the_answer(route):
        await route.fetch()
        await route.abort()

    await customer.page.route("**/webchat/messages", lose_the_answer)
    await customer.says(ASK_HOURS)
    await customer.sees(HOURS)
    await customer.sees("Sent")  # the history has it
    await customer.page.reload()
    await customer.sees(HOURS)
    words = [each["words"] for each in await customer.messages() if each["role"] == "user"]
    assert words == [ASK_HOURS]


async def test_what_the_server_refuses_is_shown_with_its_reason(customer, sim, stack):
    file = {"name": "lid.png", "mimeType": "image/png", "buffer": picture()}
    async with customer.page.expect_file_chooser() as chooser:
        await customer.frame.get_by_role("button", name="Attach a file").click()
    await (await chooser.value).set_files(file)
    await customer.frame.get_by_role("button", name="Send", exact=True).click()
    await customer.sees("Not sent")
    await customer.sees("Files can be read by a person only. Ask for one, then send it.")
    await customer.shot("refused")
    conversation = await customer.with_agents(sim, stack)
    await customer.frame.get_by_role("button", name="Send again").click()
    await sim.wait_for_message(conversation, lambda one: one["content"]["type"] == "image")
    await customer.sees("Not sent", times=0)
    await expect(customer.frame.locator("deep-chat .picture img")).to_have_count(1)
    await customer.page.reload()
    image = customer.frame.get_by_role("img", name="lid.png")
    await expect(image).to_have_count(1)
    await expect(image).to_have_js_property("naturalWidth", 120)


async def test_files_are_dropped_show_their_progress_and_are_missed_after_a_reload(
    customer, sim, stack
):
    conversation = await customer.with_agents(sim, stack)
    page, asked = customer.page, []

    async def agree(dialog):
        asked.append(dialog.type)
        await dialog.accept()

    page.on("dialog", agree)
    await page.route("**/webchat/files**", lambda route: route.abort())
    await drop(customer, "receipt.pdf", size=20)
    await customer.sees(WAITING)
    await page.reload()
    assert asked == ["beforeunload"]
    for _ in range(2):
        await customer.sees("receipt.pdf")
        await customer.sees("Not sent. Please choose the file again.")
        await page.reload()
    assert asked == ["beforeunload"], "there is nothing to lose any more"
    await page.unroute("**/webchat/files**")

    network = await page.context.new_cdp_session(page)
    slow = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": 400_000}
    await network.send("Network.emulateNetworkConditions", {"offline": False, **slow})
    await drop(customer, "receipt.pdf", size=800_000)
    await expect(customer.frame.get_by_text(re.compile(r"Sending … [1-9]\d? %"))).to_be_visible()
    await customer.shot("progress")
    sent = await sim.wait_for_message(conversation, lambda one: one["content"]["type"] == "file")
    assert sent["content"]["mediaType"] == "application/pdf"
    await page.reload()
    await expect(customer.frame.get_by_text("receipt.pdf")).to_have_count(1)
    await customer.sees("Not sent. Please choose the file again.", times=0)


async def drop(customer, name, *, size):
    """Drop a PDF on the chat, and send it."""
    await customer.frame.locator("deep-chat").evaluate(DROP, [name, size])
    await customer.frame.get_by_role("button", name="Send", exact=True).click()


DROP = """(chat, [name, size]) => {
    const dropped = new DataTransfer();
    const file = new File(["%PDF-1.4 ", "x".repeat(size)], name, { type: "application/pdf" });
    dropped.items.add(file);
    const options = { dataTransfer: dropped, bubbles: true, cancelable: true, composed: true };
    const fire = (target, type) => target.dispatchEvent(new DragEvent(type, options));
    fire(chat, "dragenter");
    fire(chat.shadowRoot.querySelector("#drag-and-drop"), "drop");
}"""

PASTE = """(input, bytes) => {
    const pasted = new DataTransfer();
    pasted.items.add(new File([new Uint8Array(bytes)], "lid.png", { type: "image/png" }));
    const options = { clipboardData: pasted, bubbles: true, cancelable: true };
    input.dispatchEvent(new ClipboardEvent("paste", options));
}"""


async def test_a_picture_may_be_pasted(customer, sim, stack):
    conversation = await customer.with_agents(sim, stack)
    await customer.input.evaluate(PASTE, list(picture()))
    await customer.frame.get_by_role("button", name="Send", exact=True).click()
    await sim.wait_for_message(conversation, lambda one: one["content"]["type"] == "image")
    image = customer.frame.get_by_role("img", name="lid.png")
    await expect(image).to_have_js_property("naturalWidth", 120)


async def test_what_is_written_offline_is_sent_when_the_browser_is_online(customer):
    await customer.says("hello from before")
    await customer.sees("Sent")
    await customer.page.context.set_offline(True)
    await customer.says(ASK_HOURS)
    await customer.sees(WAITING)
    await customer.page.context.set_offline(False)
    await customer.sees(HOURS)
    await customer.sees(WAITING, times=0)
