"""A Rasa server whose messages cannot be routed does not start, and logs the reason."""

from __future__ import annotations

import os
import subprocess

import pytest
import yaml

from tests.support.databases import REDIS_PORT, redis_answers
from tools.forked_rasa import ForkedRasa
from tools.paths import MODEL, ROOT
from tools.processes import QUIET, free_port, is_ready

BLOCK = {
    "public_url": "http://127.0.0.1:5005",
    "connectors": {
        "support": {
            "integration_type": "zendesk",
            "name": "Support",
            "subdomain": "example",
            "app_id": "64b0c0ffee0000000000a001",
            "key_id": "app_64b0c0ffee0000000000b001",
            "key_secret": "a-key-secret-that-is-long-enough-for-this",
            "webhook_secret": "a-webhook-secret-that-is-long-enough",
            "workspaces": ["default"],
            "base_url": "http://127.0.0.1:9",
        }
    },
}


@pytest.fixture
def run_rasa(tmp_path):
    """Run a server until it ends by itself; return exit code and log."""

    def run(*channels, workers=1):
        block = {**BLOCK, "store_url": f"sqlite:///{tmp_path / 'handoff.db'}"}
        credentials = {**dict.fromkeys(channels), "rest": None, "channels.ZendeskInput": block}
        (tmp_path / "credentials.yml").write_text(yaml.safe_dump(credentials, sort_keys=False))
        # Rasa starts several workers only with a shared lock store.
        locks = {"type": "redis", "url": "127.0.0.1", "port": REDIS_PORT} if workers > 1 else {}
        (tmp_path / "endpoints.yml").write_text(yaml.safe_dump({"lock_store": locks or None}))
        port = free_port()
        arguments = ["run", "-i", "127.0.0.1", "-p", str(port), "--model", str(MODEL)]
        arguments += ["--credentials", str(tmp_path / "credentials.yml")]
        arguments += ["--endpoints", str(tmp_path / "endpoints.yml")]
        env = {**os.environ, **QUIET, "SANIC_WORKERS": str(workers)}
        log = tmp_path / "rasa.log"
        server = ForkedRasa(arguments, cwd=ROOT, env=env, log=log)
        try:
            server.wait(90)
        except subprocess.TimeoutExpired:
            pytest.fail(f"The server runs, and serves: {is_ready(f'http://127.0.0.1:{port}/')}")
        finally:
            server.terminate()
        return server.poll(), log.read_text()

    return run


def test_an_abstract_processor(run_rasa):
    code, log = run_rasa("tests.support.layouts.AbstractProcessor")
    assert code == 1
    assert "UnsupportedRasa: There is Rasa 3.6" in log
    assert "MessageProcessor.handle_message is not what handles messages in it" in log
    assert "Traceback" not in log


def test_an_abstract_processor_detected_at_the_start_of_the_server(run_rasa):
    code, log = run_rasa("tests.support.layouts.AbstractLater")
    assert code == 1
    assert "UnsupportedEnvironment: There is Rasa 3.6" in log
    assert "handoff.server.ready" not in log


@pytest.mark.parametrize("workers", [1, 2])
def test_a_processor_with_its_own_handle_message(run_rasa, workers):
    if workers > 1 and not redis_answers():
        pytest.skip("Redis does not answer on 127.0.0.1:6379")
    code, log = run_rasa("tests.support.layouts.OtherProcessor", workers=workers)
    assert "Other.handle_message is not zendesk-handoff's" in log
    assert "handoff.server.ready" not in log
    assert code == (1 if workers == 1 else 0)  # with several, Sanic's parent process exits with 0
