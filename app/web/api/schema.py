"""How the API describes itself: what is served at /openapi.json, and kept as `openapi/service.yaml`."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.web.problems import MEDIA_TYPE

PROBLEM = {
    "description": "Not done, and why (RFC 9457).",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
}
PROBLEMS: dict[int | str, dict[str, Any]] = {"4XX": PROBLEM, "5XX": PROBLEM}

_DETAILS: dict[str, Any] = {
    "title": "ProblemDetails",
    "description": "Why a call was not carried out. `code` is for programs, `detail` and `remedy` are for people.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "remedy"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "remedy": {"type": "string"},
        "errors": {
            "description": "Each field that is wrong, where the request is.",
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "problem"],
                "properties": {"field": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
        "reasons": {
            "description": "Why the service is not ready.",
            "type": "array",
            "items": {"type": "string"},
        },
    },
}
_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "API_TOKEN, or a token that `ledgerline token create` made; `x-role` is the role that a route asks for.",
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same request within 24 hours gets the same answer, and nothing is done twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}
_DESCRIPTION = "Keeps Salesforce and Sage Intacct in agreement about payments. Instants are ISO 8601 in UTC."


def describe(web: FastAPI) -> None:
    """Complete what FastAPI makes of the routes with what they do not know of themselves."""

    def made() -> dict[str, Any]:
        if web.openapi_schema is None:
            web.openapi_schema = _made(web)
        return web.openapi_schema

    web.openapi = made  # type: ignore[method-assign]  # FastAPI's own, documented way to extend its schema


def _made(web: FastAPI) -> dict[str, Any]:
    schema = get_openapi(title=web.title, version=web.version, description=_DESCRIPTION, routes=web.routes)
    components = schema.setdefault("components", {})
    components.setdefault("schemas", {})["ProblemDetails"] = _DETAILS
    components["securitySchemes"] = {"bearer": _BEARER}
    for path, operations in schema["paths"].items():
        if not path.startswith("/api/"):
            continue
        for method, operation in operations.items():
            operation["security"] = [{"bearer": []}]
            if method == "post":
                operation["parameters"] = [*operation.get("parameters", ()), _KEY]
    return schema
