"""Users (Conversations API: Users)."""

from __future__ import annotations

from aiohttp import web

from .. import lifecycle, serializers, validation
from ..errors import ApiError, bad_request
from ..ids import new_id
from ..records import Json, User
from .call import Call, endpoint
from .paging import deep_object


@endpoint(status=201)
async def create(call: Call) -> Json:
    """Operation `CreateUser`; 409 where the externalId is taken."""
    body = await call.body()
    external_id = validation.string(body, "externalId", limit=1024)
    user = User(
        id=new_id(),
        external_id=external_id,
        signed_up_at=validation.string(body, "signedUpAt", limit=64) or call.state.clock.stamp(),
        profile=validation.profile(body) or {},
        metadata=validation.metadata(body, whose="User") or {},
        brand_id=validation.string(body, "brandId", limit=24),
        to_be_retained=bool(validation.boolean(body, "toBeRetained")),
        authenticated=external_id is not None,
    )
    if external_id is not None and external_id in call.app.user_by_external_id:
        raise ApiError(409, "conflict", "User already exists")
    call.app.users[user.id] = user
    if external_id is not None:
        call.app.user_by_external_id[external_id] = user.id
    call.state.record_change("user", call.app)
    return {"user": serializers.user_json(user)}


@endpoint()
async def list_by_email(call: Call) -> Json:
    """Operation `ListUsers`: searches identities, not `profile.email`; not paginated."""
    email = deep_object(call, "filter").get("identities.email")
    if email is None:
        raise bad_request("should have required property 'filter[identities.email]'")
    wanted = {"type": "email", "value": email}
    return {
        "users": [
            serializers.user_json(user)
            for user in call.app.users.values()
            if any(wanted.items() <= one.items() for one in user.identities)
        ]
    }


@endpoint()
async def get(call: Call) -> Json:
    """Operation `GetUser`."""
    return {"user": serializers.user_json(call.user())}


@endpoint()
async def update(call: Call) -> Json:
    """Operation `UpdateUser`; whether metadata and profile merge is a switch."""
    user, body = call.user(), await call.body()
    profile, metadata = validation.profile(body), validation.metadata(body, whose="User")
    merge = call.app.switches.metadata_patch == "merge"
    if profile is not None:
        user.profile = {**user.profile, **profile} if merge else profile
    if metadata is not None:
        user.metadata = {**user.metadata, **metadata} if merge else metadata
    if (retained := validation.boolean(body, "toBeRetained")) is not None:
        user.to_be_retained = retained
    user.signed_up_at = validation.string(body, "signedUpAt", limit=64) or user.signed_up_at
    call.state.record_change("user", call.app)
    return {"user": serializers.user_json(user)}


@endpoint()
async def delete(call: Call) -> Json:
    """Operation `DeleteUser`: removes the user with all conversations."""
    lifecycle.remove_user(call.state, call.app, call.user())
    return {}


@endpoint()
async def delete_personal_information(call: Call) -> Json:
    """Operation `DeleteUserPersonalInformation`: removes names, email, picture and metadata."""
    user = call.user()
    for name in ("givenName", "surname", "email", "avatarUrl"):
        user.profile.pop(name, None)
    user.metadata = {}
    return {"user": serializers.user_json(user)}


def routes(base: str) -> list[web.RouteDef]:
    """Return the routes under the app's path."""
    one = base + "/users/{user}"
    return [
        web.post(base + "/users", create),
        web.get(base + "/users", list_by_email),
        web.get(one, get),
        web.patch(one, update),
        web.delete(one, delete),
        web.delete(one + "/personalinformation", delete_personal_information),
    ]
