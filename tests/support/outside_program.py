"""An integration beside the bot's in one Zendesk account, by Zendesk's own Python client.

`tests/scenarios/native/test_official_client.py` runs it, one phase at a time. The client needs
pydantic 2 and therefore an environment of its own. The script reads JSON from standard input and
prints JSON.
"""

import json
import sys
import time

import sunshine_conversations_client as zendesk
from sunshine_conversations_client import models

given = json.load(sys.stdin)
APP, BOT, OWN = given["app"], given["bot"], given["own"]
#: Seconds within which the bot must have answered.
PATIENCE = 30


def expect(what, condition):
    if not condition:
        sys.exit(f"not so: {what}")


class Account:
    """The calls of one client, with the integration's own key."""

    def __init__(self, client):
        self.users = zendesk.UsersApi(client)
        self.conversations = zendesk.ConversationsApi(client)
        self.messages = zendesk.MessagesApi(client)
        self.participants = zendesk.ParticipantsApi(client)
        self.actions = zendesk.SwitchboardActionsApi(client)

    def active(self, conversation):
        found = self.conversations.get_conversation(APP, conversation).conversation
        party = found.active_switchboard_integration
        return party.name if party else None

    def pass_control(self, conversation, party):
        body = models.PassControlBody(switchboard_integration=party)
        self.actions.pass_control(APP, conversation, body)
        expect(f"{party} has control", self.active(conversation) == party)

    def write(self, conversation, author, words):
        content = models.Content(models.TextMessage(type="text", text=words))
        body = models.MessagePost(author=author, content=content)
        self.messages.post_message(APP, conversation, body)

    def writes_as_user(self, conversation, user, words):
        self.write(conversation, models.Author(type="user", user_id=user), words)

    def listed(self, conversation):
        return self.messages.list_messages(APP, conversation).messages

    def from_bot(self, conversation):
        return [
            one
            for one in self.listed(conversation)
            if one.author.type == "business" and one.author.display_name == BOT
        ]

    def answer(self, conversation, words, *, times):
        """Wait until the bot has said something so many times."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            said = [one.content.actual_instance for one in self.from_bot(conversation)]
            if sum(words in (getattr(one, "text", None) or "") for one in said) == times:
                return
            time.sleep(0.2)
        sys.exit(f"the bot has not said {words!r}")


def begin(account):
    """Have a conversation of one's own, and pass it to the bot, which answers."""
    participant = models.ParticipantSubSchema
    profile = models.Profile(given_name="Mia", email="mia@example.com")
    user = account.users.create_user(
        APP, models.UserCreateBody(external_id=given["external_id"], profile=profile)
    ).user
    body = models.ConversationCreateBody(
        type="personal",
        participants=[participant(models.ParticipantWithUserId(user_id=user.id))],
    )
    conversation = account.conversations.create_conversation(APP, body).conversation.id
    account.pass_control(conversation, OWN)
    account.writes_as_user(conversation, user.id, given["aside"])
    account.pass_control(conversation, "rasa")
    account.writes_as_user(conversation, user.id, given["question"])
    account.answer(conversation, given["answer"], times=1)
    return {"conversation": conversation, "user": user.id}


def read(account):
    """Check the bot's messages by the client's own models: as listed, and as they are posted."""
    found = []
    for one in account.from_bot(given["conversation"]):
        content = one.content.actual_instance
        expect("the content is of one schema alone", content is not None)
        again = models.Message.from_json(one.to_json())
        expect(f"read again it is {again.to_json()}", again.to_dict() == one.to_dict())
        expect("the bot is no user", one.author.user_id is None)
        expect("it came by the API", one.source.type == "api:conversations")
        actions = getattr(content, "actions", None) or []
        items = getattr(content, "items", None) or []
        actions = [*actions, *(each for item in items for each in item.actions)]
        found.append(
            {
                "type": content.type,
                "model": type(content).__name__,
                "actions": [type(each.actual_instance).__name__ for each in actions],
            }
        )
    return {"messages": found}


def take(account):
    """Take control away: what the user writes is not the bot's any more."""
    conversation = given["conversation"]
    account.pass_control(conversation, OWN)
    account.writes_as_user(conversation, given["user"], given["aside"])
    account.writes_as_user(conversation, given["user"], given["question"])
    business = models.Author(type="business", display_name="Outside")
    account.write(conversation, business, "I have this one now.")
    return {"said": len(account.from_bot(conversation))}


def give_back(account):
    """Pass control back: the bot answers again."""
    conversation = given["conversation"]
    before = len(account.from_bot(conversation))
    account.pass_control(conversation, "rasa")
    account.writes_as_user(conversation, given["user"], given["question"])
    account.answer(conversation, given["answer"], times=2)
    return {"said_before": before, "said": len(account.from_bot(conversation))}


def ask_human(account):
    """Let the user ask for a person: the bot passes control to the agents."""
    conversation = given["conversation"]
    account.writes_as_user(conversation, given["user"], given["wish"])
    until = time.monotonic() + PATIENCE
    while account.active(conversation) != given["agents"]:
        expect("the agents have the conversation in time", time.monotonic() < until)
        time.sleep(0.2)
    account.answer(conversation, given["started"], times=1)
    participants = account.participants.list_participants(APP, conversation).participants
    [tickets] = account.conversations.list_conversations(
        APP, models.ConversationListFilter(user_id=given["user"])
    ).conversations
    return {
        "users": [one.user_id for one in participants],
        "conversations": [tickets.id],
        "texts": [one.content.actual_instance.text for one in account.listed(conversation)],
    }


def accept_and_release(account):
    """Accept the control that the agents have offered, and release it: nobody has it then."""
    conversation = given["conversation"]
    account.actions.accept_control(APP, conversation, models.AcceptControlBody())
    expect("what was offered is accepted", account.active(conversation) == OWN)
    account.writes_as_user(conversation, given["user"], given["aside"])
    account.actions.release_control(APP, conversation)
    expect("nobody has control", account.active(conversation) is None)
    account.writes_as_user(conversation, given["user"], given["question"])
    account.answer(conversation, given["answer"], times=2)
    return {"active": account.active(conversation)}


PHASES = {
    each.__name__: each for each in (begin, read, take, give_back, ask_human, accept_and_release)
}


def main():
    configuration = zendesk.Configuration(
        host=given["url"], username=given["key"], password=given["secret"]
    )
    configuration.retries = False
    with zendesk.ApiClient(configuration) as client:
        json.dump(PHASES[given["phase"]](Account(client)), sys.stdout)


main()
