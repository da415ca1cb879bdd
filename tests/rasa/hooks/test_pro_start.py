"""Bots of Rasa Pro whose messages cannot be kept from them, and its own tracing."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from rasa.core.agent import Agent
from rasa.core.processor import CalmMessageProcessor
from rasa.mantle.processor import MantleMessageProcessor
from rasa.tracing.instrumentation import instrumentation

from tests.support.hooked import forwarded, message, open_session, texts
from zendesk_handoff.errors import UnsupportedEnvironment
from zendesk_handoff.rasa import hooks


@pytest.fixture
def restored_classes():
    """Undo what tracing does to Rasa's classes."""
    kinds = (Agent, CalmMessageProcessor)
    before = {kind: dict(vars(kind)) for kind in kinds}
    yield
    for kind, names in before.items():
        for name in set(vars(kind)) - set(names):
            delattr(kind, name)
        for name, value in names.items():
            if vars(kind)[name] is not value:
                setattr(kind, name, value)


@pytest.mark.parametrize("first", ["tracing", "router"])
async def test_rasas_own_tracing_hides_no_message(
    store, agent, router, in_hand, restored_classes, first
):
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))

    def trace():
        instrumentation.instrument(
            provider, agent_class=Agent, processor_class=CalmMessageProcessor
        )

    if first == "tracing":
        trace()
    hooks.install(router, in_hand)
    try:
        if first == "router":
            trace()
        assert "handle_message" in vars(CalmMessageProcessor)
        hooks.check_agent(agent)
        assert texts(await agent.handle_message(message("hi"))) == ["bot: hi"]
        names = {each.name for each in spans.get_finished_spans()}
        assert {"Agent.handle_message", "EngineProcessor.handle_message"} <= names
        session = await open_session(store)
        assert texts(await agent.handle_message(message("hello"))) == []
        assert await forwarded(store, session) == ["hello"]
    finally:
        hooks.uninstall()


async def test_a_bot_on_mantle_is_refused(agent, installed):
    agent.processor = object.__new__(MantleMessageProcessor)
    agent.processor.engine_version = "mantle"
    with pytest.raises(UnsupportedEnvironment, match=r"Mantle \(agent\.yml\), which cannot be pau"):
        hooks.check_agent(agent)
    with pytest.raises(UnsupportedEnvironment):
        await agent.handle_message(message("hi"))


async def test_a_mantle_under_another_name_is_refused_for_its_methods(agent, installed):
    agent.processor = object.__new__(MantleMessageProcessor)
    agent.processor.engine_version = "mantle2"
    with pytest.raises(UnsupportedEnvironment, match="is not zendesk-handoff's"):
        hooks.check_agent(agent)
