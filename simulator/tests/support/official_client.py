"""Calls of Zendesk's own client; a script that `test_official_client.py` runs.

The client needs pydantic 2 and therefore an environment of its own. The script reads JSON from
standard input and prints JSON.
"""

import json
import sys

import sunshine_conversations_client as zendesk
from sunshine_conversations_client import models
from sunshine_conversations_client.exceptions import (
    ApiException,
    NotFoundException,
    UnauthorizedException,
)

given = json.load(sys.stdin)
APP = given["app"]
done = []


def connect(**credentials):
    configuration = zendesk.Configuration(host=given["url"], **credentials)
    configuration.retries = False
    return zendesk.ApiClient(configuration)


def expect(what, condition):
    """Record a condition that holds; exit at one that does not."""
    if not condition:
        sys.exit(f"not so: {what}")
    done.append(what)


def refused(call, *, error, code):
    try:
        call()
    except error as refusal:
        return json.loads(refusal.body)["errors"][0]["code"] == code
    return False


def participant(user):
    variant = models.ParticipantWithUserId(user_id=user.id)
    return models.ParticipantSubSchema(variant)


def text(words):
    return models.Content(models.TextMessage(type="text", text=words))


def users(client):
    api = zendesk.UsersApi(client)
    profile = models.Profile(given_name="Mia", email="mia@example.com")
    body = models.UserCreateBody(external_id="mia@example.com", profile=profile)
    user = api.create_user(APP, body).user
    expect("user created", user.external_id == "mia@example.com" and len(user.id) == 24)
    expect(
        "taken externalId refused",
        refused(lambda: api.create_user(APP, body), error=ApiException, code="conflict"),
    )
    found = api.get_user(APP, "mia@example.com").user
    expect("user found by externalId", found.id == user.id)
    changed = models.UserUpdateBody(metadata={"plan": "gold"})
    changed = api.update_user(APP, user.id, changed).user
    expect("user updated", changed.metadata == {"plan": "gold"})
    expect(
        "unknown user refused",
        refused(
            lambda: api.get_user(APP, "nobody"), error=NotFoundException, code="user_not_found"
        ),
    )
    return user


def conversations(client, user):
    api = zendesk.ConversationsApi(client)
    made = []
    for number in range(3):
        body = models.ConversationCreateBody(
            type="personal", participants=[participant(user)], metadata={"number": number}
        )
        made.append(api.create_conversation(APP, body).conversation)
    expect("conversations created", [one.is_default for one in made] == [True, False, False])
    shown = api.get_conversation(APP, made[0].id).conversation
    expect("conversation fetched", shown.metadata == {"number": 0})
    body = models.ConversationUpdateBody(display_name="Refund")
    shown = api.update_conversation(APP, made[0].id, body).conversation
    expect("conversation updated", shown.display_name == "Refund")
    filter_ = models.ConversationListFilter(user_id=user.id)
    page = api.list_conversations(APP, filter=filter_, page=models.Page(size=2))
    rest = models.Page(after=page.meta.after_cursor, size=2)
    rest = api.list_conversations(APP, filter=filter_, page=rest)
    ids = [one.id for one in page.conversations + rest.conversations]
    expect("conversations listed in pages", ids == [one.id for one in made])
    lifecycle = zendesk.ParticipantsApi(client).list_participants(APP, made[0].id).participants
    expect("participants listed", [one.user_id for one in lifecycle] == [user.id])
    api.delete_conversation(APP, made[2].id)
    expect(
        "conversation deleted",
        refused(
            lambda: api.get_conversation(APP, made[2].id),
            error=NotFoundException,
            code="conversation_not_found",
        ),
    )
    return made[0].id


def messages(client, user, conversation):
    api = zendesk.MessagesApi(client)
    author = models.Author(type="user", user_id=user.id)
    posted = []
    for number in range(103):
        body = models.MessagePost(
            author=author, content=text(f"Line {number}"), metadata={"n": number}
        )
        posted += api.post_message(APP, conversation, body).messages
    expect("messages posted", posted[0].source.type == "api:conversations")
    newest = api.list_messages(APP, conversation)
    older = models.Page(before=newest.meta.before_cursor)
    older = api.list_messages(APP, conversation, page=older)
    ids = [one.id for one in older.messages + newest.messages]
    expect("messages listed in pages", ids == [one.id for one in posted])
    expect("the newest page comes first", len(newest.messages) == 100 and newest.meta.has_more)
    last = newest.messages[-1]
    expect("texts come back", last.content.actual_instance.text == "Line 102")
    api.delete_message(APP, conversation, last.id)
    expect("message deleted", len(api.list_messages(APP, conversation).messages) == 100)
    activity = models.ActivityPost(author=models.Author(type="business"), type="typing:start")
    zendesk.ActivitiesApi(client).post_activity(APP, conversation, activity)
    expect("activity posted", True)
    bad = models.ActivityPost(author=author, type="typing:start")
    expect(
        "typing as user refused",
        refused(
            lambda: zendesk.ActivitiesApi(client).post_activity(APP, conversation, bad),
            error=ApiException,
            code="bad_request",
        ),
    )


def attachments(client, conversation):
    api = zendesk.AttachmentsApi(client)
    source = ("note.txt", b"some words")
    attachment = api.upload_attachment(
        APP, "public", source, var_for="message", conversation_id=conversation
    ).attachment
    expect("attachment uploaded", attachment.media_type == "text/plain")
    content = models.Content(models.FileMessage(type="file", mediaUrl=attachment.media_url))
    body = models.MessagePost(author=models.Author(type="business"), content=content)
    (message,) = zendesk.MessagesApi(client).post_message(APP, conversation, body).messages
    expect("file posted", message.content.actual_instance.media_size == 10)
    api.delete_attachment(APP, models.AttachmentDeleteBody(mediaUrl=attachment.media_url))
    expect("attachment removed", True)


def webhooks(client):
    integrations = zendesk.IntegrationsApi(client)
    hook = models.Webhook(target="https://bot.example/a", triggers=["conversation:message"])
    custom = models.Custom(type="custom", display_name="Mine", webhooks=[hook])
    made = integrations.create_integration(APP, custom).integration
    expect("integration created", made.webhooks[0].secret)
    api = zendesk.WebhooksApi(client)
    body = models.WebhookCreateBody(target="https://bot.example/b", triggers=["user:merge"])
    webhook = api.create_webhook(APP, made.id, body).webhook
    expect("webhook created", webhook.version == "v2" and webhook.secret)
    body = models.WebhookBody(target="https://bot.example/c")
    changed = api.update_webhook(APP, made.id, webhook.id, body).webhook
    expect("webhook updated", changed.target == "https://bot.example/c")
    expect("webhooks listed", len(api.list_webhooks(APP, made.id).webhooks) == 2)
    expect("webhook fetched", api.get_webhook(APP, made.id, webhook.id).webhook.id == webhook.id)
    api.delete_webhook(APP, made.id, webhook.id)
    expect("webhook deleted", len(api.list_webhooks(APP, made.id).webhooks) == 1)
    listed = integrations.list_integrations(APP, page=models.Page(size=100)).integrations
    expect("integrations listed", made.id in [one.id for one in listed])
    return made.id


def switchboards(client, integration, conversation):
    boards = zendesk.SwitchboardsApi(client)
    board = boards.create_switchboard(APP).switchboard
    expect("switchboard created", board.enabled is False)
    api = zendesk.SwitchboardIntegrationsApi(client)
    bot = models.SwitchboardIntegrationCreateBody(name="rasa", integration_id=integration)
    bot = api.create_switchboard_integration(APP, board.id, bot).switchboard_integration
    workspace = models.SwitchboardIntegrationCreateBody(
        name="zd-agentWorkspace",
        integration_type="zd:agentWorkspace",
        deliver_standby_events=False,
        next_switchboard_integration_id=bot.id,
    )
    workspace = api.create_switchboard_integration(APP, board.id, workspace).switchboard_integration
    expect("switchboard_integrations created", workspace.next_switchboard_integration_id == bot.id)
    body = models.SwitchboardIntegrationUpdateBody(message_history_count=5)
    switchboard_integration = api.update_switchboard_integration(APP, board.id, workspace.id, body)
    expect(
        "switchboard_integration updated",
        switchboard_integration.switchboard_integration.message_history_count == 5,
    )
    body = models.SwitchboardUpdateBody(enabled=True, default_switchboard_integration_id=bot.id)
    expect("enabled", boards.update_switchboard(APP, board.id, body).switchboard.enabled)
    listed = api.list_switchboard_integrations(APP, board.id).switchboard_integrations
    expect(
        "switchboard_integrations listed",
        [one.name for one in listed] == ["rasa", "zd-agentWorkspace"],
    )

    actions = zendesk.SwitchboardActionsApi(client)

    def control():
        shown = zendesk.ConversationsApi(client).get_conversation(APP, conversation).conversation
        switchboard_integrations = (
            shown.active_switchboard_integration,
            shown.pending_switchboard_integration,
        )
        return tuple(one.name if one else None for one in switchboard_integrations)

    body = models.PassControlBody(
        switchboard_integration="zd-agentWorkspace",
        metadata={"dataCapture.systemField.tags": "bot"},
    )
    actions.pass_control(APP, conversation, body)
    expect("control passed", control() == ("zd-agentWorkspace", None))
    body = models.OfferControlBody(switchboard_integration="rasa")
    actions.offer_control(APP, conversation, body)
    expect("control offered", control() == ("zd-agentWorkspace", "rasa"))
    actions.accept_control(APP, conversation, models.AcceptControlBody())
    expect("control accepted", control() == ("rasa", None))
    actions.release_control(APP, conversation)
    expect("control released", control() == (None, None))
    boards.delete_switchboard(APP, board.id)
    expect("switchboard deleted", boards.list_switchboards(APP).switchboards == [])


def main():
    with connect(username=given["key"], password=given["secret"]) as client:
        user = users(client)
        conversation = conversations(client, user)
        messages(client, user, conversation)
        attachments(client, conversation)
        switchboards(client, webhooks(client), conversation)
        zendesk.UsersApi(client).delete_user(APP, user.id)
        expect("user deleted", True)
    with connect(access_token=given["token"]) as client:
        shown = zendesk.AppsApi(client).get_app(APP).app
        expect("a token opens", shown.id == APP)
    with connect(username=given["key"], password="wrong") as client:
        expect(
            "a wrong secret does not",
            refused(
                lambda: zendesk.UsersApi(client).get_user(APP, "x"),
                error=UnauthorizedException,
                code="unauthorized",
            ),
        )
    json.dump(done, sys.stdout)


main()
