"""The places at which a process can die between doing and noting, by scenario.

Each is named after what the process has just done: a commit of the store, by the method that asked
for it; a save of Rasa's tracker; a call over HTTP, to Zendesk, the action server or a channel; an
answer to one. ``#2`` is the second time in the scenario. `docs/reliability.md` has the same table.
"""

from __future__ import annotations

import sys
from collections import Counter

#: Places that are passed at any time, or any number of times. A scenario for which they matter has
#: a row for the first time.
BY_TIMING = {
    "rasa: Leases.renew": "repeated as long as the process lives",
    "rasa: Leases.acquire": "repeated where a lease has expired on a busy machine",
    "rasa: WorkTable.set_deadlines": "recorded whenever nothing is due, and every five minutes",
    "rasa: WorkTable.claim_for_reconciliation": "repeated with each reconciliation",
    "rasa: Maintenance.purge_delivered": "repeated from the start on, every hour",
    "rasa: Sessions.mark_start_notified": "recorded once the user has read of the start",
    "rasa: NativeMissed.claim": "repeated as long as the process lives",
    "rasa: NativeMissed.note_control": "Zendesk reports our own steps, too, and repeats the events",
    "rasa: DailyUsers.record": "a figure for the report, recorded each minute in which users write",
    "rasa: EventsHeard.record": "recorded within ten seconds of a session's first event",
    "rasa: POST /conversations/{id}/activity": "the bot types, the user reads: beside the work",
    "rasa: answer to POST /api/v1/connectors/{id}/webhook": "Zendesk reports our own steps, too",
    "rasa: Inbox.add#2": "Zendesk reports that we have accepted control, perhaps before the end",
    "rasa: Inbox.finish#2": "the same report, dealt with",
    "rasa: Leases.release_done#2": "the bot's words may come after the work on the user's is done",
}
#: Commits after which no process is killed, by the method of the store.
WITHOUT_KILL = {
    "Leases.release": "a session of a connector that the server lacks: its lease would expire",
    "Leases.release_all": "at the stop of a server: its leases would expire",
    "Maintenance.purge": "an operator's command, repeated by the operator",
    "PersonalData.forget": "an operator's command, one transaction, repeated by the operator",
    "PersonalData.erase_removed": "one transaction, and Zendesk repeats an event without an answer",
    "Maintenance.retry": "an operator's command, repeated by the operator",
    "Chat.take_back": "repeated with the deletion until the inbox has it done",
    "Inbox.withdraw": "the last step of a deletion, which is repeated as a whole",
    "Ratings.rate": "one transaction, and the user can press the button again",
    "Deliveries.confirm": "one transaction, and the platform repeats a report without an answer",
    "Deliveries.reopen": "repeated with the next message of the user",
    "Deliveries.fail": "one transaction, and the platform repeats a report without an answer",
    "EventsHeard.claim_log": "allows one line in the log, which changes nothing else",
    "NativeMissed.skip": "one transaction, and the conversation is read again",
    "Native.merge": "one transaction, and Zendesk repeats an event without an answer",
    "Probes.expect": "an operator's test, which the operator repeats",
    "Probes.hear": "the same, and Zendesk repeats an event without an answer",
    "Probes.end": "the same; what is left is forgotten with the next test",
    "PendingMessages.release": "after an error of the channel: the claim would expire",
}

_TABLE = {
    "opening": {
        "opening": """
            actions: Sessions.request
            rasa: Leases.acquire
            rasa: Requests.take_up
            rasa: Sessions.begin_step
            rasa: POST /users
            rasa: Sessions.finish_step
            rasa: Sessions.begin_step#2
            rasa: POST /conversations
            rasa: Sessions.finish_step#2
            rasa: Sessions.begin_step#3
            rasa: POST /conversations/{id}/messages
            rasa: Sessions.finish_step#3
            rasa: Sessions.begin_step#4
            rasa: POST /conversations/{id}/passControl
            rasa: Sessions.finish_step#4
            rasa: Sessions.connect
            actions: answer to POST /webhook
            rasa: POST /webhook
            rasa: SQLTrackerStore.save
            rasa: answer to POST /webhooks/rest/webhook
            rasa: Sessions.mark_start_notified
        """,
        "opening inside the switchboard": """
            actions: Sessions.request
            rasa: Leases.acquire
            rasa: Requests.take_up
            rasa: Sessions.begin_step
            rasa: POST /users
            rasa: Sessions.finish_step
            rasa: Sessions.begin_step#2
            rasa: POST /conversations
            rasa: Sessions.finish_step#2
            rasa: Sessions.begin_step#3
            rasa: POST /conversations/{id}/passControl
            rasa: Sessions.finish_step#3
            rasa: Sessions.begin_step#4
            rasa: POST /conversations/{id}/messages
            rasa: Sessions.finish_step#4
            rasa: Sessions.begin_step#5
            rasa: POST /conversations/{id}/passControl#2
            rasa: Sessions.finish_step#5
            rasa: Sessions.begin_step#6
            rasa: POST /conversations/{id}/offerControl
            rasa: Sessions.finish_step#6
            rasa: Sessions.connect
            actions: answer to POST /webhook
            rasa: POST /webhook
            rasa: SQLTrackerStore.save
            rasa: answer to POST /webhooks/rest/webhook
            rasa: Sessions.mark_start_notified
        """,
        "second opening": """
            actions: Sessions.request
            rasa: Leases.acquire
            rasa: Requests.take_up
            rasa: Sessions.begin_step
            rasa: POST /users
            rasa: PATCH /users/{id}
            rasa: Sessions.finish_step
            rasa: Sessions.begin_step#2
            rasa: POST /conversations
            rasa: PATCH /conversations/{id}
            rasa: Sessions.finish_step#2
            rasa: Sessions.begin_step#3
            rasa: POST /conversations/{id}/messages
            rasa: Sessions.finish_step#3
            rasa: Sessions.begin_step#4
            rasa: POST /conversations/{id}/passControl
            rasa: Sessions.finish_step#4
            rasa: Sessions.connect
            actions: answer to POST /webhook
            rasa: POST /webhook
            rasa: SQLTrackerStore.save
            rasa: answer to POST /webhooks/rest/webhook
            rasa: Sessions.mark_start_notified
        """,
        "refused opening": """
            actions: Sessions.request
            rasa: Leases.acquire
            rasa: Requests.take_up
            rasa: Sessions.begin_step
            rasa: POST /users
            rasa: Sessions.finish_step
            rasa: Sessions.begin_step#2
            rasa: POST /conversations
            rasa: Sessions.fail
            actions: Requests.claim_outcome
            actions: answer to POST /webhook
            rasa: POST /webhook
            rasa: SQLTrackerStore.save
            rasa: answer to POST /webhooks/rest/webhook
            rasa: Leases.release_done
        """,
        "message left": """
            actions: answer to POST /webhook
            rasa: POST /webhook
            actions: Sessions.request
            rasa: Leases.acquire
            rasa: Requests.take_up
            rasa: Sessions.begin_step
            rasa: POST /users
            rasa: Sessions.finish_step
            rasa: Sessions.begin_step#2
            rasa: POST /conversations
            rasa: Sessions.finish_step#2
            rasa: Sessions.begin_step#3
            rasa: POST /conversations/{id}/messages
            rasa: Sessions.finish_step#3
            rasa: Sessions.begin_step#4
            rasa: POST /conversations/{id}/messages#2
            rasa: Sessions.finish_step#4
            rasa: Sessions.begin_step#5
            rasa: POST /conversations/{id}/passControl
            rasa: Sessions.finish_step#5
            rasa: Sessions.leave_message
            actions: Requests.claim_outcome
            actions: answer to POST /webhook#2
            rasa: POST /webhook#2
            rasa: SQLTrackerStore.save
            rasa: answer to POST /webhooks/rest/webhook
            rasa: Leases.release_done
        """,
    },
    "takeover": {
        "takeover of an opening": """
            rasa: Leases.acquire
            rasa: Sessions.begin_step
            rasa: POST /users
            rasa: Sessions.finish_step
            rasa: Sessions.begin_step#2
            rasa: POST /conversations
            rasa: Sessions.finish_step#2
            rasa: Sessions.begin_step#3
            rasa: POST /conversations/{id}/messages
            rasa: Sessions.finish_step#3
            rasa: Sessions.begin_step#4
            rasa: POST /conversations/{id}/passControl
            rasa: Sessions.finish_step#4
            rasa: Sessions.connect
            rasa: PendingMessages.add
            rasa: SQLTrackerStore.save
            rasa: PendingMessages.add#2
            rasa: SQLTrackerStore.save#2
            rasa: SQLTrackerStore.save#3
            rasa: Sessions.mark_start_notified
        """,
        "takeover inside the switchboard": """
            rasa: Leases.acquire
            rasa: Sessions.begin_step
            rasa: POST /users
            rasa: Sessions.finish_step
            rasa: Sessions.begin_step#2
            rasa: POST /conversations
            rasa: Sessions.finish_step#2
            rasa: Sessions.begin_step#3
            rasa: POST /conversations/{id}/passControl
            rasa: Sessions.finish_step#3
            rasa: Sessions.begin_step#4
            rasa: POST /conversations/{id}/messages
            rasa: Sessions.finish_step#4
            rasa: Sessions.begin_step#5
            rasa: POST /conversations/{id}/passControl#2
            rasa: Sessions.finish_step#5
            rasa: Sessions.begin_step#6
            rasa: POST /conversations/{id}/offerControl
            rasa: Sessions.finish_step#6
            rasa: Sessions.connect
            rasa: PendingMessages.add
            rasa: SQLTrackerStore.save
            rasa: PendingMessages.add#2
            rasa: SQLTrackerStore.save#2
            rasa: SQLTrackerStore.save#3
            rasa: Sessions.mark_start_notified
        """,
        "unserved request": """
            actions: Sessions.request
            actions: Requests.withdraw
            actions: answer to POST /webhook
        """,
        "request of an action that died": """
            rasa: Requests.expire
            rasa: SQLTrackerStore.save
            rasa: PendingMessages.add
            rasa: SQLTrackerStore.save#2
            rasa: Sessions.mark_end_notified
            rasa: Leases.release_done
        """,
        "messages during a failed opening": """
            rasa: Outbox.add
            rasa: answer to POST /webhooks/rest/webhook
            rasa: POST /users
            rasa: Sessions.fail
            rasa: SQLTrackerStore.save
            rasa: PendingMessages.add
            rasa: SQLTrackerStore.save#2
            rasa: PendingMessages.add#2
            rasa: SQLTrackerStore.save#3
            rasa: Outbox.settle
            rasa: Sessions.mark_end_notified
            rasa: Leases.release_done
        """,
    },
    "to the agent": {
        "forwarding": """
            rasa: Outbox.add
            rasa: answer to POST /webhooks/rest/webhook
            rasa: POST /conversations/{id}/messages
            rasa: Outbox.finish
        """,
        "message on the chat page": """
            rasa: Chat.add
            rasa: answer to POST /webhooks/webchat/messages
            rasa: Outbox.add
            rasa: Chat.finish_work
            rasa: POST /conversations/{id}/messages
            rasa: Outbox.finish
        """,
        "file on the chat page": """
            rasa: Uploads.add
            rasa: answer to POST /webhooks/webchat/files
            rasa: Outbox.add
            rasa: Chat.finish_work
            rasa: POST /attachments
            rasa: POST /conversations/{id}/messages
            rasa: Outbox.finish
        """,
        "change of channel": """
            rasa: Sessions.change_place
            rasa: Outbox.add
            rasa: answer to POST /webhooks/provencallback/webhook
            rasa: POST /conversations/{id}/messages
            rasa: Outbox.finish
        """,
        "refused message": """
            rasa: Outbox.add
            rasa: answer to POST /webhooks/rest/webhook
            rasa: POST /conversations/{id}/messages
            rasa: Outbox.refuse
            rasa: PendingMessages.add
            rasa: SQLTrackerStore.save
            rasa: Inbox.finish
        """,
        "overdue message": """
            rasa: Outbox.add
            rasa: answer to POST /webhooks/rest/webhook
            rasa: Outbox.notify_delay
            rasa: PendingMessages.add
            rasa: SQLTrackerStore.save
            rasa: Inbox.finish
        """,
    },
    "to the user": {
        "delivery": """
            rasa: Inbox.add
            rasa: answer to POST /api/v1/connectors/{id}/webhook
            rasa: PendingMessages.add
            rasa: Sessions.record_agent
            rasa: PendingMessages.add#2
            rasa: Inbox.finish
            rasa: SQLTrackerStore.save
        """,
        "pending messages": """
            rasa: Outbox.add
            rasa: PendingMessages.claim
            rasa: answer to POST /webhooks/rest/webhook
            rasa: PendingMessages.mark_delivered
            rasa: POST /conversations/{id}/messages
            rasa: Outbox.finish
        """,
        "delivery to the chat page": """
            rasa: Inbox.add
            rasa: answer to POST /api/v1/connectors/{id}/webhook
            rasa: Chat.add
            rasa: Sessions.record_agent
            rasa: Chat.add#2
            rasa: Inbox.finish
            rasa: SQLTrackerStore.save
        """,
        "delivery by a channel that pushes": """
            rasa: Inbox.add
            rasa: answer to POST /api/v1/connectors/{id}/webhook
            rasa: POST /callback
            rasa: Sessions.record_agent
            rasa: POST /callback#2
            rasa: Inbox.finish
            rasa: SQLTrackerStore.save
        """,
        "delivery in parts": """
            rasa: Inbox.add
            rasa: answer to POST /api/v1/connectors/{id}/webhook
            rasa: POST /callback
            rasa: Deliveries.record
            rasa: POST /callback#2
            rasa: Deliveries.record#2
            rasa: Inbox.finish
        """,
        "refused delivery": """
            rasa: Inbox.add
            rasa: answer to POST /api/v1/connectors/{id}/webhook
            rasa: POST /callback
            rasa: Inbox.refuse
            rasa: POST /conversations/{id}/messages
            rasa: Outbox.finish
        """,
        "missed message": """
            rasa: Inbox.add
            rasa: answer to POST /api/v1/connectors/{id}/webhook
            rasa: Inbox.add#2
            rasa: PendingMessages.add
            rasa: Sessions.record_agent
            rasa: PendingMessages.add#2
            rasa: Inbox.finish
            rasa: SQLTrackerStore.save
            rasa: PendingMessages.add#3
            rasa: Inbox.finish#2
        """,
        "offer to return": """
            rasa: PendingMessages.add
            rasa: SQLTrackerStore.save
            rasa: Sessions.record_reminder
        """,
    },
    "end": {
        "end by the agent": """
            rasa: Inbox.add
            rasa: answer to POST /api/v1/connectors/{id}/webhook
            rasa: Sessions.end
            rasa: Inbox.finish
            rasa: SQLTrackerStore.save
            rasa: PendingMessages.add
            rasa: SQLTrackerStore.save#2
            rasa: Sessions.mark_end_notified
            rasa: Leases.release_done
        """,
        "end on the chat page": """
            rasa: Inbox.add
            rasa: answer to POST /api/v1/connectors/{id}/webhook
            rasa: Sessions.end
            rasa: Inbox.finish
            rasa: SQLTrackerStore.save
            rasa: Chat.add
            rasa: SQLTrackerStore.save#2
            rasa: Sessions.mark_end_notified
            rasa: Leases.release_done
        """,
        "end by the user": """
            rasa: Sessions.end_by_us
            rasa: SQLTrackerStore.save
            rasa: PendingMessages.add
            rasa: SQLTrackerStore.save#2
            rasa: Sessions.mark_end_notified
            rasa: PendingMessages.claim
            rasa: answer to POST /webhooks/rest/webhook
            rasa: PendingMessages.mark_delivered
            rasa: POST /conversations/{id}/messages
            rasa: POST /conversations/{id}/acceptControl
            rasa: POST /conversations/{id}/releaseControl
            rasa: Outbox.finish
            rasa: Leases.release_done
        """,
        "end by the bot": """
            actions: Sessions.end_by_us
            actions: answer to POST /webhook
            rasa: POST /webhook
            rasa: SQLTrackerStore.save
            rasa: answer to POST /conversations/{id}/execute
            rasa: SQLTrackerStore.save#2
            rasa: PendingMessages.add
            rasa: SQLTrackerStore.save#3
            rasa: Sessions.mark_end_notified
            rasa: POST /conversations/{id}/messages
            rasa: Outbox.finish
            rasa: Leases.release_done
        """,
        "removed conversation": """
            rasa: Outbox.add
            rasa: answer to POST /webhooks/rest/webhook
            rasa: POST /conversations/{id}/messages
            rasa: Outbox.refuse
            rasa: Sessions.end
            rasa: PendingMessages.add
            rasa: SQLTrackerStore.save
            rasa: Inbox.finish
            rasa: SQLTrackerStore.save#2
            rasa: PendingMessages.add#2
            rasa: SQLTrackerStore.save#3
            rasa: Sessions.mark_end_notified
            rasa: Leases.release_done
        """,
        "first message after the end": """
            rasa: PendingMessages.claim
            rasa: SQLTrackerStore.save
            rasa: Sessions.finalize
            rasa: SQLTrackerStore.save#2
            rasa: answer to POST /webhooks/rest/webhook
            rasa: PendingMessages.mark_delivered
        """,
        "end with a solved ticket": """
            rasa: Inbox.add
            rasa: answer to POST /api/v1/connectors/{id}/ticket-events
            rasa: Sessions.end
            rasa: Inbox.finish
            rasa: SQLTrackerStore.save
            rasa: PendingMessages.add
            rasa: SQLTrackerStore.save#2
            rasa: Sessions.mark_end_notified
            rasa: POST /conversations/{id}/releaseControl
            rasa: Outbox.finish
            rasa: Leases.release_done
        """,
    },
    "native": {
        "answer in a native conversation": """
            rasa: Native.add
            rasa: Native.begin_turn
            rasa: Native.say
            rasa: SQLTrackerStore.save
            rasa: Native.finish
            rasa: POST /conversations/{id}/messages
            rasa: Native.finish_post
            rasa: Leases.release_done
        """,
        "handover in a native conversation": """
            rasa: Native.add
            rasa: Native.begin_turn
            actions: Sessions.request
            rasa: Requests.take_up
            rasa: Sessions.begin_step
            rasa: Sessions.finish_step
            rasa: Sessions.begin_step#2
            rasa: POST /conversations/{id}/passControl
            rasa: Native.mark_handed_over
            rasa: Sessions.finish_step#2
            rasa: Sessions.begin_step#3
            rasa: POST /conversations/{id}/offerControl
            rasa: Sessions.finish_step#3
            rasa: Sessions.connect
            actions: answer to POST /webhook
            rasa: POST /webhook
            rasa: Native.say
            rasa: SQLTrackerStore.save
            rasa: Native.finish
            rasa: POST /conversations/{id}/messages
            rasa: Native.finish_post
            rasa: Sessions.mark_start_notified
            rasa: Leases.release_done
        """,
        "agent in a native conversation": """
            rasa: Inbox.add
            rasa: Sessions.record_agent
            rasa: Inbox.finish
            rasa: SQLTrackerStore.save
        """,
        "return in a native conversation": """
            rasa: Inbox.add
            rasa: Sessions.end
            rasa: Inbox.finish
            rasa: SQLTrackerStore.save
            rasa: Native.say
            rasa: SQLTrackerStore.save#2
            rasa: Sessions.mark_end_notified
            rasa: Leases.release_done
            rasa: POST /conversations/{id}/messages
            rasa: Native.finish_post
            rasa: Leases.release_done#2
        """,
        "release of a native conversation": """
            rasa: Inbox.add
            rasa: Sessions.end
            rasa: Inbox.finish
            rasa: SQLTrackerStore.save
            rasa: Sessions.mark_end_notified
            rasa: Leases.release_done
        """,
        "first message after the release of a native conversation": """
            rasa: Native.add
            rasa: Native.begin_turn
            rasa: SQLTrackerStore.save
            rasa: Sessions.finalize
            rasa: Native.say
            rasa: SQLTrackerStore.save#2
            rasa: Native.say#2
            rasa: SQLTrackerStore.save#3
            rasa: Sessions.mark_end_notified
            rasa: Native.finish
            rasa: POST /conversations/{id}/messages
            rasa: Native.finish_post
            rasa: POST /conversations/{id}/messages#2
            rasa: Native.finish_post#2
            rasa: Leases.release_done
        """,
        "offer of a native conversation": """
            rasa: Inbox.add
            rasa: POST /conversations/{id}/acceptControl
            rasa: Sessions.end
            rasa: Inbox.finish
            rasa: SQLTrackerStore.save
            rasa: Native.say
            rasa: SQLTrackerStore.save#2
            rasa: Sessions.mark_end_notified
            rasa: Leases.release_done
            rasa: POST /conversations/{id}/messages
            rasa: Native.finish_post
            rasa: Leases.release_done#2
        """,
        "greeting in a native conversation": """
            rasa: Native.add
            rasa: Native.begin_turn
            rasa: POST /conversations/{id}/passControl
            rasa: Native.say
            rasa: SQLTrackerStore.save
            rasa: Native.finish
            rasa: POST /conversations/{id}/messages
            rasa: Native.finish_post
            rasa: Leases.release_done
        """,
        "failing bot in a native conversation": """
            rasa: Native.add
            rasa: Native.begin_turn
            rasa: SQLTrackerStore.save
            rasa: Sessions.request
            rasa: Requests.take_up
            rasa: Sessions.begin_step
            rasa: Sessions.finish_step
            rasa: Sessions.begin_step#2
            rasa: POST /conversations/{id}/passControl
            rasa: Native.mark_handed_over
            rasa: Sessions.finish_step#2
            rasa: Sessions.begin_step#3
            rasa: POST /conversations/{id}/offerControl
            rasa: Sessions.finish_step#3
            rasa: Sessions.connect
            rasa: Native.say
            rasa: SQLTrackerStore.save#2
            rasa: SQLTrackerStore.save#3
            rasa: Sessions.mark_start_notified
            rasa: Native.finish
            rasa: POST /conversations/{id}/messages
            rasa: Native.finish_post
            rasa: Leases.release_done
        """,
        "passing on of a native conversation": """
            rasa: Native.add
            rasa: POST /conversations/{id}/passControl
            rasa: Native.finish
            rasa: Leases.release_done
        """,
        "note in a native conversation": """
            rasa: Tickets.claim
            rasa: PUT /tickets/{id}
            rasa: Tickets.finish
        """,
    },
}

#: The places of each scenario, by part of a session's life.
PLACES = {
    part: {
        scenario: tuple(line.strip() for line in lines.strip().splitlines())
        for scenario, lines in scenarios.items()
    }
    for part, scenarios in _TABLE.items()
}


def table():
    """Write the table of the documentation."""
    lines = [
        "| part | scenario | a server is killed after | places |",
        "| --- | --- | --- | --- |",
    ]
    for part, scenarios in PLACES.items():
        for scenario, places in scenarios.items():
            cells = (part, scenario, ", ".join(_summary(places)), str(len(places)))
            lines.append(f"| {' | '.join(cells)} |")
    lines.append(f"| all | {sum(map(len, PLACES.values()))} scenarios | | {total()} |")
    return "".join(f"{line}\n" for line in lines)


def _summary(places):
    for place, times in Counter(each.partition("#")[0] for each in places).items():
        process, _, name = place.partition(": ")
        yield (
            f"`{name}`"
            + (" of the action server" if process == "actions" else "")
            + (f" ({times} times)" if times > 1 else "")
        )


def total():
    """Count the places of all scenarios."""
    return sum(len(places) for part in PLACES.values() for places in part.values())


if __name__ == "__main__":
    sys.stdout.write(table())
