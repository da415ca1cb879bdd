"""The importer that brings the plugin into a bot: one line in ``config.yml``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import structlog
from rasa.shared.constants import LATEST_TRAINING_DATA_FORMAT_VERSION
from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.importers.importer import CombinedDataImporter, TrainingDataImporter
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.importers.utils import story_graph_from_paths
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import cached_method, class_from_module_path, minimal_kwargs

from zendesk_handoff.domain.language import ENGLISH, language_of
from zendesk_handoff.domain.responses import OFFER, responses_in
from zendesk_handoff.importer.collisions import Collision, find_collisions
from zendesk_handoff.importer.config import complete_config, offers_a_person, recognizes
from zendesk_handoff.importer.domain import additions, join
from zendesk_handoff.importer.intents import find_names, is_taught, missing_examples
from zendesk_handoff.importer.options import NAME, read_options
from zendesk_handoff.importer.rules import Names, Rule, make_rules
from zendesk_handoff.importer.stories import HANDOFF, answers_to, used_actions
from zendesk_handoff.rasa import prediction
from zendesk_handoff.wish import LANGUAGES

log = structlog.get_logger(__name__)

#: Collisions that this process has reported: Rasa makes an importer several times for one training.
_reported: set[Collision] = set()


class HandoffImporter(TrainingDataImporter):
    """Read a bot as Rasa does, and join what a handover needs; what the bot has itself wins.

    From it come intents, actions, slots, responses, rules, the forms' ``ignored_intents`` and the
    plugin's lines in pipeline and policies. No file of the bot is changed.
    """

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
    ) -> None:
        """Read the importer's block.

        Args:
            config_file: The path of ``config.yml``.
            domain_path: A domain file, or a folder of them.
            training_data_paths: Files and folders of training data.

        Raises:
            InvalidConfigException: The block cannot be used, or another importer stands beside.
        """
        prediction.register()
        self.options = read_options(config_file)
        self._config_file = config_file
        paths = (config_file, domain_path, training_data_paths)
        blocks = self.options.importers or ({"name": RasaFileImporter.__name__},)
        self._bot = CombinedDataImporter([self._make(dict(block), paths) for block in blocks])

    @cached_method
    def get_config(self) -> dict[str, Any]:
        """Return the bot's configuration with the plugin's lines."""
        config = complete_config(self._bot.get_config(), self.options)
        used = used_actions(self._own_steps())
        return prediction.remember(
            config, intent=self.options.intent, learnt=used & prediction.ACTIONS
        )

    def get_config_file_for_auto_config(self) -> str | None:
        """Return the configuration's path; Rasa finds nothing left to configure."""
        return self._config_file

    @cached_method
    def get_domain(self) -> Domain:
        """Return the bot's domain, joined; an empty one is left empty, as Rasa looks for that."""
        domain = self._bot.get_domain()
        if domain.is_empty():
            return domain
        return join(domain, self.domain_additions())

    @cached_method
    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        """Return the bot's rules and stories, and the rules that it lacks.

        Args:
            exclusion_percentage: The share of the bot's stories to leave out.
        """
        if self._bot.get_domain().is_empty():
            return self._bot.get_stories(exclusion_percentage)
        self._report_collisions()
        own = StoryGraph(self._kept(self._bot.get_stories(exclusion_percentage).story_steps))
        reader = YAMLStoryReader(self.get_domain(), NAME)
        rules = {"version": LATEST_TRAINING_DATA_FORMAT_VERSION, "rules": self.rules()}
        return own.merge(StoryGraph(reader.read_from_parsed_yaml(rules)))

    @cached_method
    def get_flows(self) -> Any:
        """Return the bot's flows, which Rasa Pro asks for; `zendesk-handoff init` brings ours."""
        return self._bot.get_flows()

    def get_conversation_tests(self) -> StoryGraph:
        """Return the bot's tests."""
        return self._bot.get_conversation_tests()

    @cached_method
    def get_nlu_data(self, language: str | None = ENGLISH) -> TrainingData:
        """Return the bot's examples, and those that it lacks.

        Args:
            language: Handed to the bot's own importers.
        """
        return self._bot.get_nlu_data(language).merge(self.examples())

    def domain_additions(self) -> dict[str, Any]:
        """List what the bot's domain lacks, in the form of a domain file."""
        return additions(self._bot.get_domain(), self.names(), language=self.language)

    def rules(self) -> list[Rule]:
        """List the rules that the bot lacks, in the form of a rules file."""
        return make_rules(
            self.names(),
            steps=self._kept(self._own_steps()),
            forms=self._bot.get_domain().form_names,
            responses=responses_in(self.language),
        )

    def examples(self) -> TrainingData:
        """List the examples that the bot lacks."""
        return missing_examples(
            self.names(),
            self._bot.get_nlu_data(self.language),
            language=self.language,
            request=self.options.examples,
        )

    def config_lines(self) -> dict[str, Any]:
        """Return pipeline and policies with the plugin's lines."""
        config = complete_config(self._bot.get_config(), self.options)
        return {key: config[key] for key in ("pipeline", "policies")}

    @cached_method
    def collisions(self) -> list[Collision]:
        """List where the bot's own files keep a handover from working as described."""
        domain, config = self._bot.get_domain(), self.get_config()
        # Without a pipeline nothing is recognised here: intents come from buttons, or elsewhere.
        knows = language_of(self.language) in LANGUAGES
        hears = not config["pipeline"] or (knows and (recognizes(config) or self.options.examples))
        steps = self._kept(self._own_steps())
        return find_collisions(
            answers_to(self.names().request, steps),
            domain,
            asks_first=HANDOFF in used_actions(steps),
            hears_request=hears or is_taught(self.names().request, self._bot.get_nlu_data()),
            language=self.language,
        )

    @property
    def language(self) -> str:
        """The bot's language."""
        return str(self._bot.get_config().get("language") or ENGLISH)

    @cached_method
    def names(self) -> Names:
        """Find the bot's intents for the request, for "yes" and for "no"."""
        domain = self._bot.get_domain()
        config = complete_config(self._bot.get_config(), self.options)
        return find_names(
            domain,
            self._bot.get_nlu_data(self.language),
            self.options,
            language=self.language,
            offers=offers_a_person(config) or OFFER in domain.responses,
        )

    def _own_steps(self) -> list[Any]:
        return list(self._bot.get_stories().story_steps)

    def _kept(self, steps: Sequence[Any]) -> list[Any]:
        """Leave out what answers the request otherwise, if the developer wants that."""
        if not self.options.replace:
            return list(steps)
        return [
            step
            for step in steps
            if all(answer.hands_over for answer in answers_to(self.options.intent, [step]))
        ]

    def _report_collisions(self) -> None:
        for found in self.collisions():
            if found not in _reported:
                _reported.add(found)
                log.warning("handoff.importer.collision", cause=found.cause, cure=found.cure)

    def _make(self, block: dict[str, Any], paths: tuple[Any, ...]) -> TrainingDataImporter:
        """Make one of the importers that read the bot, as Rasa would."""
        name = str(block.pop("name"))
        if name == RasaFileImporter.__name__:
            return _BotFiles(*paths, domain=self.get_domain)
        if name == "MultiProjectImporter":
            name = f"rasa.shared.importers.multi_project.{name}"
        try:
            found = class_from_module_path(name)
        except (AttributeError, ImportError) as error:
            raise InvalidConfigException(
                f"The importer {name!r} inside {NAME} in config.yml was not found ({error}). Write "
                "its import path, and install what it needs."
            ) from None
        return found(*paths, **minimal_kwargs(block, found))


class _BotFiles(RasaFileImporter):
    """Rasa's file importer; rules and stories are read with the joined domain, which knows ours."""

    def __init__(self, *paths: Any, domain: Callable[[], Domain]) -> None:
        super().__init__(*paths)
        self._joined = domain

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        return story_graph_from_paths(self._story_files, self._joined(), exclusion_percentage)

    def get_conversation_tests(self) -> StoryGraph:
        return story_graph_from_paths(self._conversation_test_files, self._joined())

    def get_config(self) -> dict[str, Any]:
        return deepcopy(super().get_config())
