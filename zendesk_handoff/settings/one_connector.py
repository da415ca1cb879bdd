"""One connector of ``credentials.yml``, whose webhooks' secrets may still be missing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from zendesk_handoff.errors import Problem, SettingsError
from zendesk_handoff.settings.connector import Connector
from zendesk_handoff.settings.credentials_file import credentials_file
from zendesk_handoff.settings.env_file import ENV_FILE, env_file
from zendesk_handoff.settings.read import BLOCK, VARIABLE, load_block, read_settings

#: The settings with secrets that Zendesk makes, which it cannot be given.
_MADE_BY_ZENDESK = ("webhook_secret", "webhook_signing_secret")
#: Stands for one of them that Zendesk has not made yet.
_NOT_YET = "a secret that is not made yet"
_KEY_SECRET = "zendesk_handoff_key_secret"


@dataclass(frozen=True)
class OneConnector:
    """A connector, and how it is written.

    Args:
        file: The ``credentials.yml``.
        connector: The connector; its secrets of webhooks are those that are known.
        public_url: The address of the Rasa server.
        webhook_secret: The value of `webhook_secret` as it is written.
        signing_secret: The value of `webhook_signing_secret` as it is written.
        variables: The variables for ``${NAME}``.
        environ: Those of them that are the process environment's, which takes precedence.
        ids: The ids of all connectors.
        own_key_id: The id of the key that is written, also if another one is used.
    """

    file: Path
    connector: Connector
    public_url: str
    webhook_secret: Any = field(repr=False)
    signing_secret: Any = field(repr=False)
    variables: Mapping[str, str] = field(repr=False)
    environ: Mapping[str, str] = field(repr=False)
    ids: tuple[str, ...]
    own_key_id: str = ""

    @property
    def env_file(self) -> Path:
        """The file that has the secrets."""
        return self.file.parent / ENV_FILE


def load_connector(
    connector_id: str,
    path: Path | None = None,
    *,
    key: tuple[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> OneConnector:
    """Read a connector; what other connectors lack is of no interest.

    Args:
        connector_id: Its id.
        path: The ``credentials.yml``; by default as for ``load_settings``.
        key: Id and secret of an API key that is used instead of the one that is written.
        environ: The process environment, if another one.

    Raises:
        SettingsError: There is no such connector, or it has problems.
    """
    environ = os.environ if environ is None else environ
    file = path or credentials_file(environ)
    block = load_block(file)
    connectors = block.get("connectors") if isinstance(block, Mapping) else None
    if not isinstance(connectors, Mapping):
        raise SettingsError([Problem(BLOCK, "must be a block with `connectors`.")])
    ids = tuple(map(str, connectors))
    written = {str(name): each for name, each in connectors.items()}.get(connector_id)
    if connector_id not in ids:
        message = f"has no connector `{connector_id}`; there are: {', '.join(ids) or 'none'}."
        raise SettingsError([Problem(str(file), message)])
    own = {name: value for name, value in environ.items() if value}
    variables = {**env_file(file.parent), **own}
    given = dict(variables)
    own_key_id = written.get("key_id") if isinstance(written, Mapping) else None
    if key is not None and isinstance(written, Mapping):
        written = {**written, "key_id": key[0], "key_secret": f"${{{_KEY_SECRET}}}"}
        given[_KEY_SECRET] = key[1]
    settings_of_it = written if isinstance(written, Mapping) else {}
    by_zendesk = {name: settings_of_it.get(name) for name in _MADE_BY_ZENDESK}
    for name in VARIABLE.findall(str(list(by_zendesk.values()))):
        given[name] = given.get(name) or _NOT_YET
    if by_zendesk["webhook_signing_secret"] is None and isinstance(written, Mapping):
        # Other settings, such as `session_field`, ask for one, which may be about to be made.
        written = {**written, "webhook_signing_secret": _NOT_YET}
    alone: dict[str, Any] = {"connectors": {connector_id: written}}
    if "public_url" in block:
        alone["public_url"] = block["public_url"]
    settings = read_settings(alone, environ=given)
    connector = settings.connectors[connector_id]
    return OneConnector(
        file=file,
        connector=replace(
            connector,
            webhook_secrets=_known(connector.webhook_secrets),
            signing_secrets=_known(connector.signing_secrets),
        ),
        public_url=settings.public_url,
        webhook_secret=by_zendesk["webhook_secret"],
        signing_secret=by_zendesk["webhook_signing_secret"],
        variables=variables,
        environ=own,
        ids=ids,
        own_key_id=VARIABLE.sub(lambda match: variables.get(match[1], ""), str(own_key_id)),
    )


def _known(secrets: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(each for each in secrets if _NOT_YET not in each)
