"""Fixtures of several test folders: a store on both databases, a simulator, restored logs."""

from __future__ import annotations

import gc
from importlib.util import find_spec

import pytest
import structlog

from simulator import Simulator
from tests.support.databases import Databases
from tests.support.hours import BACK, closed_until, on_holiday_until
from tests.support.servers import ROOT, Stack
from tests.support.shared import check_shared
from zendesk_handoff.bounds import installed as installed_rasa
from zendesk_handoff.store import open_store

#: The platforms' libraries, by the tests that need them. Rasa Open Source installs them, Rasa Pro
#: leaves them to its extra ``channels``.
_LIBRARIES = {
    "channels/adapters/test_downloads.py": "slack_sdk",
    "channels/adapters/test_facebook.py": "fbmessenger",
    "channels/adapters/test_redirects.py": "fbmessenger",
    "channels/adapters/test_rocketchat.py": "rocketchat_API",
    "channels/adapters/test_slack.py": "slack_sdk",
    "channels/adapters/test_telegram.py": "aiogram",
    "channels/adapters/test_twilio.py": "twilio",
    "channels/adapters/test_webexteams.py": "webexteamssdk",
    "channels/inputs/test_facebook.py": "fbmessenger",
    "channels/inputs/test_slack.py": "slack_sdk",
    "channels/inputs/test_telegram.py": "aiogram",
    "channels/inputs/test_twilio.py": "twilio",
    "rasa/test_outputs.py": "aiogram",
}
collect_ignore = [file for file, library in _LIBRARIES.items() if find_spec(library) is None]
if installed_rasa().rasa_pro:
    collect_ignore.append("channels/inputs/test_socketio.py")  # docs/rasa-pro.md: not adapted
    # They train, for which Rasa Pro needs a licence.
    collect_ignore += ["nlu/test_other_bots.py", "nlu/test_pipelines.py"]


def pytest_configure():
    """Prepare the process.

    structlog must not cache loggers, which Rasa turns on when a test loads it: a cached one writes
    to the output of an earlier test. And ten thousand collected tests are no garbage, in which the
    collector would look for it again and again.
    """
    gc.disable()
    configure = structlog.configure

    def configure_uncached(*arguments, **settings):
        configure(*arguments, **{**settings, "cache_logger_on_first_use": False})

    structlog.configure = configure_uncached
    structlog.configure(logger_factory=structlog.stdlib.LoggerFactory())
    _LOGS.update(structlog.get_config())


def pytest_xdist_make_scheduler(config, log):
    from tests.support.scheduling import make_scheduler  # where there is xdist

    return make_scheduler(config, log)


#: Files and folders whose tests take longest. They come first: begun last, they would run alone.
_LONG = (
    *("tests/adoption", "tests/store/test_sqlalchemy2.py"),
    *("tests/scenarios/kills", "tests/scenarios/test_", "tests/scenarios/browser"),
    *("tests/scenarios", "tests/security"),
)
#: The log configuration that each test finds.
_LOGS: dict[str, object] = {}


def pytest_collection_finish():
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items):
    places = [str(ROOT / each) for each in _LONG]

    def place(item):
        found = (n for n, each in enumerate(places) if str(item.path).startswith(each))
        return next(found, len(places))

    items.sort(key=place)


def pytest_runtest_setup(item):
    check_shared(item)


@pytest.fixture(autouse=True)
def restored_logs():
    """Restore the log configuration.

    A command's logs go to an output that is closed with it, and a module's fixture may have loaded
    a bot, and with it Rasa's configuration, before its first test.
    """
    yield
    structlog.configure(**_LOGS)


#: Connectors whose accounts the command `setup` makes: outside the switchboard, and inside of it
#: with the integration's own key.
SET_UP = {"set-up": (), "set-up-inside": ("--switchboard", "--own-key")}

#: Connectors at which nobody is there now, and one that asks before a handover.
BY_HOUR = {
    "night": {"hours": closed_until(BACK), "closed": "message"},
    "holiday": {"hours": on_holiday_until(BACK), "closed": "bot"},
    "questions": {"contact": "ask", "ask_topic": True},
}


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    """One set of servers for all scenarios and attacks of a worker."""
    folder = tmp_path_factory.mktemp("stack")
    with Stack(folder, set_up=SET_UP, more_connectors=BY_HOUR) as servers:
        yield servers


@pytest.fixture(scope="session")
def databases(tmp_path_factory):
    """Make databases as copies of one that has the tables: to migrate each would take longer."""
    with Databases(tmp_path_factory.mktemp("databases")) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, databases):
    """A database without tables."""
    with databases.empty(request.param) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, databases):
    """A database with the tables of this version."""
    with databases.with_tables(request.param) as url:
        yield url


@pytest.fixture
async def store(url):
    async with await open_store(url) as opened:
        yield opened


@pytest.fixture
async def sim():
    async with Simulator() as running:
        yield running
