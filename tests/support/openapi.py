"""A server that checks requests by Zendesk's OpenAPI file, and answers with its examples.

The file is not part of this repository: a test that reads it is marked `shared`.
"""

from __future__ import annotations

import re
from typing import Any

import yaml
from aiohttp import web
from jsonschema import Draft4Validator
from jsonschema.validators import RefResolver

from tools.paths import SHARED

PATTERN = "reference/openapi/*.yaml"

#: Bodies that differ by the kind of integration, and their schemas for a custom one.
_CUSTOM = {
    f"#/components/schemas/{name}": {"$ref": f"#/components/schemas/{custom}"}
    for name, custom in {"integration": "custom", "integrationUpdate": "customUpdate"}.items()
}


class OpenApiServer:
    """An application that knows the documented operations alone.

    Attributes:
        calls: The operations that were called, in order.
        errors: What in the requests is not as documented.
        answers: For an operation, a body instead of the file's example.
    """

    def __init__(self) -> None:
        (file,) = SHARED.glob(PATTERN)
        self.document = yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader)
        _translate(self.document)
        # The schema of `integration` and its kinds refer to each other: this one has webhooks.
        self.document["components"]["schemas"]["integration"].pop("discriminator")
        self.resolver = RefResolver("", self.document)
        self.calls: list[str] = []
        self.errors: list[str] = []
        self.answers: dict[str, Any] = {}
        self.app = web.Application()
        self.app.router.add_route("*", "/sc/{path:.*}", self._answer)

    async def _answer(self, request: web.Request) -> web.Response:
        operation = self._operation(request.method, "/" + request.match_info["path"])
        name = operation["operationId"]
        self.calls.append(name)
        self.errors += [f"{name}: {each}" for each in await self._wrong(operation, request)]
        status = next(iter(operation["responses"]))
        content = operation["responses"][status]["content"]["application/json"]
        (example,) = content["examples"].values()
        answer = self.answers.get(name) or self._resolved(example)["value"]
        assert self._invalid(content["schema"], answer) == []
        return web.json_response(answer, status=int(status))

    def _operation(self, method: str, path: str) -> dict[str, Any]:
        for template, operations in self.document["paths"].items():
            if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path):
                return dict(operations[method.lower()])
        raise AssertionError(f"no operation {method} {path}")

    async def _wrong(self, operation: dict[str, Any], request: web.Request) -> list[str]:
        parameters = [self._resolved(each) for each in operation.get("parameters", [])]
        known = {
            f"{each['name']}[{key}]"
            for each in parameters
            for key in self._resolved(each["schema"]).get("properties", {})
        }
        wrong = [f"query {name} is not documented" for name in request.query if name not in known]
        wanted = operation.get("requestBody")
        if wanted is None:
            return wrong + (["a body is not documented"] if request.can_read_body else [])
        schema = wanted["content"]["application/json"]["schema"]
        schema = _CUSTOM.get(schema.get("$ref", ""), schema)
        body, known = await request.json(), set(self._properties(schema))
        wrong += [f"{name} is not documented" for name in body if name not in known]
        return wrong + self._invalid(schema, body)

    def _invalid(self, schema: Any, value: Any) -> list[str]:
        validator = Draft4Validator(schema, resolver=self.resolver)
        return [f"{list(error.path)}: {error.message}" for error in validator.iter_errors(value)]

    def _properties(self, schema: Any) -> dict[str, Any]:
        schema = self._resolved(schema)
        found = dict(schema.get("properties", {}))
        for kind in ("allOf", "anyOf", "oneOf"):
            for part in schema.get(kind, []):
                found |= self._properties(part)
        return found

    def _resolved(self, node: Any) -> Any:
        return self.resolver.resolve(node["$ref"])[1] if "$ref" in node else node


def _translate(node: Any) -> None:
    """Translate `nullable` to JSON Schema."""
    for each in node if isinstance(node, list) else node.values():
        if isinstance(each, (dict, list)):
            _translate(each)
    if (
        isinstance(node, dict)
        and node.get("nullable") is True
        and isinstance(node.get("type"), str)
    ):
        node["type"] = [node["type"], "null"]
