"""Validation of answers and events against Zendesk's OpenAPI file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft4Validator
from jsonschema.validators import RefResolver


class OpenApi:
    """A validator made from the document.

    The document allows properties that it does not list. The validator refuses them, to find
    misspelled names, except for the few in Zendesk's own examples.
    """

    EXTRA = frozenset(
        {
            "brandId",  # in the guide's sample of a webhook
            "displayName",  # these two in the file's own example of a message event
            "avatarUrl",
            "subtypes",  # these two in the schema of answers, and under our switches in events
            "activity",
        }
    )

    def __init__(self, path: Path) -> None:
        self.document = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
        _in_json_schema(self.document)
        # An integration of type `custom` is one with webhooks; the two refer to each other.
        schemas = self.document["components"]["schemas"]
        custom = schemas["custom"]["allOf"][1]["properties"]
        schemas["integration"]["properties"]["webhooks"] = custom["webhooks"]
        self.resolver = RefResolver("", self.document)
        self.templates = [
            (re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)), path)
            for path in self.document["paths"]
        ]
        self.events = self._event_schemas()

    def answer(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """Return the errors of an operation's answer."""
        candidates = [one for pattern, one in self.templates if pattern.fullmatch(path)]
        # A fixed segment beats a parameter: `/attachments/remove` is no `/attachments/{id}`.
        candidates.sort(key=lambda one: one.count("{"))
        for candidate in candidates:
            operation = self.document["paths"][candidate].get(method.lower())
            if operation is None:
                continue
            responses = operation["responses"]
            if str(status) not in responses:
                if status < 400:
                    return [f"{status} is not among {sorted(responses)}"]
                return self.errors(_ref("errorResponse"), body)
            content = responses[str(status)]["content"]["application/json"]
            return self.errors(content["schema"], body)
        return [f"no operation {method} {path}"]

    def event(self, event: Any) -> list[str]:
        """Return the errors of a webhook's event."""
        schema = self.events.get(event["type"])
        return ["no such event"] if schema is None else self.errors(schema, event)

    def errors(self, schema: Any, value: Any) -> list[str]:
        validator = Draft4Validator(schema, resolver=self.resolver)
        found = [f"{list(error.path)}: {error.message}" for error in validator.iter_errors(value)]
        return found + self._unknown(schema, value, "")

    def _unknown(self, schema: Any, value: Any, location: str) -> list[str]:
        """Return names that the schema does not list."""
        if isinstance(value, list):
            items = self._flat(schema).get("items", {})
            return [bad for one in value for bad in self._unknown(items, one, location + "[]")]
        if not isinstance(value, dict):
            return []
        flat = self._flat(schema)
        known = flat.get("properties", {})
        if not known or flat.get("additionalProperties"):
            return []
        wrong = [f"{location}.{name} is not listed" for name in value
                 if name not in known and name not in self.EXTRA]  # fmt: skip
        for name, one in value.items():
            if name in known:
                wrong += self._unknown(known[name], one, f"{location}.{name}")
        return wrong

    def _flat(self, schema: Any) -> dict[str, Any]:
        """Merge references, allOf, and every variant of oneOf and anyOf."""
        flat: dict[str, Any] = {"properties": {}}
        if "$ref" in schema:
            schema = self.resolver.resolve(schema["$ref"])[1]
        parts = [part for key in ("allOf", "oneOf", "anyOf") for part in schema.get(key, [])]
        for part in parts:
            merged = self._flat(part)
            flat["properties"].update(merged.pop("properties"))
            flat.update(merged)
        flat["properties"].update(schema.get("properties", {}))
        for key in ("items", "additionalProperties"):
            if key in schema:
                flat[key] = schema[key]
        return flat

    def _event_schemas(self) -> dict[str, Any]:
        webhook = self.document["x-webhooks"]["Webhook Event"]["post"]["requestBody"]
        body = webhook["content"]["application/json"]["schema"]["properties"]
        found: dict[str, Any] = {}
        for one in body["events"]["items"]["anyOf"]:
            title = self.resolver.resolve(one["$ref"])[1]["title"]
            found[title] = one
        return found


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _in_json_schema(node: Any) -> None:
    """Translate `nullable` and `discriminator` to JSON Schema."""
    if isinstance(node, list):
        for one in node:
            _in_json_schema(one)
    elif isinstance(node, dict):
        for one in node.values():
            _in_json_schema(one)
        if node.get("nullable") is True and isinstance(node.get("type"), str):
            node["type"] = [node["type"], "null"]
        if "oneOf" in node and "mapping" in node.get("discriminator", {}):
            name = node["discriminator"]["propertyName"]
            node["anyOf"] = [
                {"allOf": [{"$ref": reference}, {"properties": {name: {"enum": [value]}}}]}
                for value, reference in node["discriminator"]["mapping"].items()
            ]
            del node["oneOf"]
