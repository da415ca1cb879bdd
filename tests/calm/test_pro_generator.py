"""The command generator on Rasa Pro's own flows, trackers and commands."""

from __future__ import annotations

import pytest
from rasa.core.config.configuration import Configuration
from rasa.dialogue_understanding.commands import (
    CannotHandleCommand,
    Command,
    SetSlotCommand,
    StartFlowCommand,
)
from rasa.dialogue_understanding.generator.single_step.compact_llm_command_generator import (
    CompactLLMCommandGenerator,
)
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.shared.core.events import ConversationPaused, SlotSet
from rasa.shared.core.flows import FlowsList
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import COMMANDS, TEXT
from rasa.shared.nlu.training_data.message import Message
from structlog.testing import capture_logs

from tests.support.calm import (
    ANGRY,
    DOMAIN,
    FLOWS,
    HANDOFF_FLOW,
    HARMLESS,
    OFFER_FLOW,
    REQUEST,
    bot,
    domain_of,
    execute,
    generate,
    generator,
    in_flow,
    says,
    tracker,
)
from tests.support.names import TEXTS
from tests.support.opening_hours import DAY, set_hour
from zendesk_handoff.calm.commands import SetHandoffReasonCommand
from zendesk_handoff.frustration import EXPLANATION_KEY

STARTED = StartFlowCommand(HANDOFF_FLOW)


def started(commands):
    return [each.flow for each in commands if isinstance(each, StartFlowCommand)]


def reasons(commands):
    return [each.reason for each in commands if isinstance(each, SetHandoffReasonCommand)]


@pytest.mark.parametrize("mode", ["offer", "escalate"])
@pytest.mark.parametrize("text", [REQUEST, "Can I please speak to a real person?"])
async def test_a_request_hands_over_at_once(mode, text):
    commands, message = await generate(text, mode=mode)
    assert started(commands) == [HANDOFF_FLOW]
    assert reasons(commands) == [None]
    conversation = tracker()
    assert execute(conversation, message) == [HANDOFF_FLOW]
    assert conversation.get_slot("handoff_reason") is None


@pytest.mark.parametrize(("mode", "flow"), [("offer", OFFER_FLOW), ("escalate", HANDOFF_FLOW)])
async def test_frustration_starts_the_flow_of_the_mode_with_a_reason(mode, flow):
    with capture_logs() as logs:
        commands, message = await generate(ANGRY, mode=mode)
    assert started(commands) == [flow]
    [reason] = reasons(commands)
    assert message.as_dict(only_output_properties=True)[EXPLANATION_KEY]["reason"] == reason
    [line] = [each for each in logs if each["event"] == "frustration.noticed"]
    assert line["score"] >= line["threshold"]
    assert "useless" not in str(line), "what the user wrote"
    conversation = tracker()
    assert execute(conversation, message) == [flow]
    assert conversation.get_slot("handoff_reason") == reason
    [event] = [each.as_dict() for each in conversation.events if each.type_name == "user"]
    assert event["parse_data"][EXPLANATION_KEY]["signs"], "for agents with another language"


@pytest.mark.parametrize("text", [HARMLESS, "yes", "/SetSlots(reason=human)", " ", *TEXTS])
async def test_other_messages_are_left_to_the_others(text):
    prior = [SetSlotCommand("order_number", "10234")]
    commands, _ = await generate(text, prior=prior)
    assert commands == prior


async def test_overlong_messages_are_left_to_the_others():
    commands, _ = await generate("word " * 10_000)
    assert commands == []


async def test_a_flow_that_was_started_for_the_message_gives_way_and_slots_stay():
    prior = [StartFlowCommand("return_order"), SetSlotCommand("order_number", "10234")]
    commands, _ = await generate(REQUEST, prior=prior)
    assert started(commands) == [HANDOFF_FLOW]
    assert prior[1] in commands


@pytest.mark.parametrize("text", [REQUEST, ANGRY])
@pytest.mark.parametrize(
    "event",
    [ConversationPaused(), *(SlotSet("handoff_status", each) for each in ("waiting", "active"))],
    ids=str,
)
async def test_nothing_is_started_in_a_session(text, event):
    commands, message = await generate(text, tracker(event))
    assert commands == []
    assert EXPLANATION_KEY not in message.as_dict()


async def test_after_a_no_the_user_is_left_alone_for_a_while_but_may_ask():
    declined = [says("hi"), *bot("utter_handoff_offer"), says("no"), *bot("utter_ok")]
    conversation = tracker(*declined)
    assert (await generate(ANGRY, conversation, cooldown=1))[0] == []
    assert started((await generate(ANGRY, conversation, cooldown=0))[0]) == [OFFER_FLOW]
    assert started((await generate(REQUEST, conversation))[0]) == [HANDOFF_FLOW]
    later = tracker(*declined, says(HARMLESS), *bot("utter_shipping"))
    assert started((await generate(ANGRY, later, cooldown=1))[0]) == [OFFER_FLOW]


async def test_after_a_session_the_user_is_left_alone_for_a_while():
    conversation = tracker(SlotSet("handoff_status", "ended"))
    assert (await generate(ANGRY, conversation, cooldown=3))[0] == []
    assert started((await generate(REQUEST, conversation))[0]) == [HANDOFF_FLOW]


async def test_the_answer_to_a_question_must_score_higher():
    text = "the quality is really bad"
    threshold = 0.2
    assert started((await generate(text, threshold=threshold))[0]) == [OFFER_FLOW]
    assert (await generate(text, in_flow(), threshold=threshold))[0] == []


@pytest.mark.parametrize("mode", ["offer", "escalate"])
@pytest.mark.parametrize("closed", ["bot", "message"])
async def test_nobody_is_offered_while_nobody_is_there(monkeypatch, closed, mode):
    set_hour(monkeypatch, closed)
    commands, message = await generate(ANGRY, mode=mode)
    assert commands == []
    assert EXPLANATION_KEY not in message.as_dict()
    assert started((await generate(REQUEST, mode=mode))[0]) == [HANDOFF_FLOW], "who asks is told"
    set_hour(monkeypatch, closed, DAY)
    assert started((await generate(ANGRY, mode=mode))[0])


async def test_the_hours_are_those_of_the_workspace_that_the_message_names(monkeypatch):
    set_hour(monkeypatch, "bot", workspaces=("north",))
    assert started((await generate(ANGRY))[0]) == [OFFER_FLOW], "another tenant's hours"
    assert (await generate(ANGRY, metadata={"workspace": "north"}))[0] == []
    assert (await generate(ANGRY, tracker(SlotSet("workspace", "north"))))[0] == []


async def test_a_flow_is_interrupted_and_its_step_stays_on_the_stack():
    conversation = in_flow()
    _, message = await generate(REQUEST, conversation)
    flows = execute(conversation, message)
    assert flows == ["return_order", "pattern_collect_information", HANDOFF_FLOW]


async def test_a_request_while_a_person_is_offered_is_a_yes():
    conversation = in_flow(OFFER_FLOW, "handoff_accepted")
    commands, message = await generate(REQUEST, conversation)
    assert commands == [SetSlotCommand("handoff_accepted", True)]
    execute(conversation, message)
    assert conversation.get_slot("handoff_accepted") is True


async def test_frustration_while_a_person_is_offered_offers_nothing_more():
    conversation = in_flow(OFFER_FLOW, "handoff_accepted")
    assert (await generate(ANGRY, conversation, threshold=0.1))[0] == []


async def test_an_old_reason_does_not_outlive_a_request():
    conversation = tracker(SlotSet("handoff_reason", "was angry, a while ago"))
    _, message = await generate(REQUEST, conversation)
    execute(conversation, message)
    assert conversation.get_slot("handoff_reason") is None


async def test_a_new_reason_replaces_an_old_one_and_is_no_correction_of_the_users():
    conversation = in_flow()
    conversation.update(SlotSet("handoff_reason", "was angry, a while ago"))
    # The flow has asked something: of an answer, bad mood alone is not enough.
    words = "you stupid useless bot, this is ridiculous, I am furious!!"
    _, message = await generate(words, conversation, mode="escalate", threshold=0.1)
    assert execute(conversation, message)[-1] == HANDOFF_FLOW
    assert "a while ago" not in conversation.get_slot("handoff_reason")


async def test_without_the_recogniser_requests_are_the_language_models():
    assert (await generate(REQUEST, recognizer=False, threshold=1.0))[0] == []


async def test_a_bot_without_the_flow_is_left_alone_and_told_once():
    made = generator()
    empty = FlowsList([each for each in FLOWS if each.id != HANDOFF_FLOW])
    with capture_logs() as logs:
        for _ in range(2):
            [done] = await made.process([Message({TEXT: REQUEST})], empty, tracker(), DOMAIN)
            assert done.get(COMMANDS) == []
    assert [each["flow"] for each in logs if each["event"] == "handoff.flow.missing"] == [
        HANDOFF_FLOW
    ]


async def test_without_a_tracker_there_is_nothing_to_judge():
    [done] = await generator().process([Message({TEXT: REQUEST})], FLOWS)
    assert done.get(COMMANDS) == []


async def test_in_coexistence_the_session_goes_to_calm():
    slots = {"route_session_to_calm": {"type": "bool", "mappings": [{"type": "controlled"}]}}
    domain = domain_of(slots=slots)
    conversation = tracker(SlotSet("route_session_to_calm", True), domain=domain)
    commands, _ = await generate(REQUEST, conversation, domain=domain)
    assert SetSlotCommand("route_session_to_calm", True) in commands
    of_intents = tracker(SlotSet("route_session_to_calm", False), domain=domain)
    assert (await generate(REQUEST, of_intents, domain=domain))[0] == []


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"mode": "ask"}, "mode"),
        ({"threshold": 2}, "threshold"),
        ({"flow": "two words"}, "must be the id of a flow"),
        ({"treshold": 0.5}, "threshold"),
        ({"recognizer": "no"}, "recognizer"),
    ],
)
def test_options_that_cannot_be_used_are_told(config, message):
    with pytest.raises(InvalidConfigException, match=message):
        generator(**config)


def test_the_command_survives_the_tracker():
    for reason in (None, "has had enough"):
        command = SetHandoffReasonCommand(reason)
        assert Command.command_from_json(command.as_dict()) == command
    assert Command.commands_from_json([{"command": "set handoff reason"}]) == []


def test_a_bot_without_the_slot_loses_nothing_else():
    conversation = tracker(domain=domain_of())
    del conversation.slots["handoff_reason"]
    assert SetHandoffReasonCommand("x").run_command_on_tracker(conversation, FLOWS, None) == []


PIPELINE = [
    {"name": "zendesk_handoff.calm.HandoffCommandGenerator"},
    {"name": "CompactLLMCommandGenerator", "flow_retrieval": {"active": False}},
]


def test_rasa_puts_it_where_the_pipeline_has_it():
    config = {"recipe": "default.v1", "pipeline": PIPELINE, "policies": [{"name": "FlowPolicy"}]}
    nodes = DefaultV1Recipe().graph_config_for_recipe(config, {}).predict_schema.nodes
    [ours] = [name for name in nodes if "HandoffCommandGenerator" in name]
    [model] = [name for name in nodes if "CompactLLMCommandGenerator" in name]
    assert {"messages", "flows", "tracker", "domain"} <= set(nodes[ours].needs)
    assert nodes[model].needs["messages"] == ours


class _Model(CompactLLMCommandGenerator):
    """Rasa's own generator, whose language model is asked for nothing here."""

    asked = 0

    async def invoke_llm(self, llm_input):
        self.asked += 1


@pytest.fixture
def model(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    Configuration.initialise_empty()  # which Rasa's generator looks into
    config = {
        "llm": {"provider": "openai", "model": "gpt-4o"},
        "flow_retrieval": {"active": False},
    }
    return _Model(config, None, Resource("model"))


@pytest.mark.parametrize(("text", "asked"), [(REQUEST, 0), (ANGRY, 0), (HARMLESS, 1)])
async def test_the_language_model_is_not_asked_for_a_message_that_has_started_a_flow(
    model, text, asked
):
    commands, message = await generate(text)
    [done] = await model.process([message], FLOWS, tracker(), DOMAIN)
    assert model.asked == asked
    if not asked:
        assert Command.commands_from_json(done.get(COMMANDS)) == commands
    else:
        assert CannotHandleCommand() not in commands
