"""Principals and their API keys: 256 random bits, shown once, stored hashed."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from interlock.domain import checks
from interlock.domain.errors import InvalidInput, NotFound, Unauthenticated
from interlock.domain.ids import IdType, encode
from interlock.domain.roles import Principal, Role
from interlock.service.core import Core
from interlock.service.noting import note
from interlock.service.remembering import Remembered
from interlock.store import identity
from interlock.store.connection import Connection
from interlock.store.identity import KeyRow

KEY_PREFIX = "ilk_"
_SHOWN = 12
"""Characters of a key that may be shown, to tell keys apart."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: ``secret`` is shown now and never again."""

    id: int
    secret: str
    principal: Principal


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


class Authenticator:
    """Who a key speaks for, remembered for a moment, so that most requests need no look-up.

    A revoked key is refused within ``settings.key_cache`` seconds.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._known: Remembered[bytes, Principal] = Remembered(core.settings.key_cache)

    def forget(self) -> None:
        """Look every key up anew."""
        self._known.forget_all()

    async def principal(self, secret: str) -> Principal:
        """Raises Unauthenticated for a key that is unknown or revoked."""
        digest = _digest(secret)
        known = self._known.get(digest)
        if known is not None:
            return known
        principal = await self._core.database.one(lambda connection: identity.principal_of(connection, digest))
        if principal is None:
            self._known.forget(digest)
            raise Unauthenticated("This API key is not valid, or no longer. Ask an admin for a new one.")
        self._known.keep(digest, principal)
        return principal


async def create_key(core: Core, name: str, role: Role | None) -> NewKey:
    """A new key for the principal of this name, which is created with ``role`` where it does not exist yet.

    Raises InvalidInput when a new principal comes without role, or an existing one has another.
    """
    checks.label(name, "input.name")
    secret = KEY_PREFIX + secrets.token_urlsafe(32)

    async def work(connection: Connection) -> NewKey:
        principal = await identity.find_principal(connection, name)
        if principal is None:
            if role is None:
                raise InvalidInput(f"There is no principal {name!r} yet; say which role it is to have.", "input.role")
            principal = await identity.create_principal(connection, name, role)
            principal = principal or await identity.find_principal(connection, name)
        assert principal is not None
        if role is not None and principal.role != role:
            raise InvalidInput(
                f"The principal {name!r} has the role {principal.role}; choose another name for {role}.",
                "input.role",
            )
        key_id = await identity.add_key(connection, principal.id, _digest(secret), secret[:_SHOWN])
        return NewKey(key_id, secret, principal)

    made = await core.database.run(work)
    note(key=encode(IdType.KEY, made.id))
    return made


async def revoke_key(core: Core, key_id: int) -> None:
    """The key is refused from now on; live connections under it are closed. Raises NotFound."""
    if not await core.database.one(lambda connection: identity.revoke_key(connection, key_id)):
        raise NotFound(f"There is no valid key key_{key_id}.")
    note(key=encode(IdType.KEY, key_id))


async def list_keys(core: Core) -> list[KeyRow]:
    return await core.database.one(identity.keys)


async def roles_with_keys(core: Core) -> set[Role]:
    """The roles that at least one valid key speaks for."""
    return await core.database.one(identity.roles_with_keys)
