"""Post messages with Zendesk's own client; run by `outgoing.py` in an environment of its own.

Reads a line of JSON (`url`, `app`, `key`, `secret`, `conversations`), then a number a line:
posts that number of messages, one after the other, and prints the seconds.
"""

import json
import sys
import time

import sunshine_conversations_client as zendesk
from sunshine_conversations_client import models

given = json.loads(sys.stdin.readline())
configuration = zendesk.Configuration(
    host=given["url"], username=given["key"], password=given["secret"]
)
configuration.retries = False
author = models.Author(type="user", user_id="u")
with zendesk.ApiClient(configuration) as client:
    api = zendesk.MessagesApi(client)
    for line in sys.stdin:
        began = time.perf_counter()
        for number in range(int(line)):
            content = models.Content(models.TextMessage(type="text", text=f"Message {number}"))
            post = models.MessagePost(author=author, content=content)
            conversation = given["conversations"][number % len(given["conversations"])]
            api.post_message(given["app"], conversation, post)
        print(time.perf_counter() - began, flush=True)
