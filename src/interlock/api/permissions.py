"""Which capability each root field asks for. A field that says nothing cannot be built: deny by default."""

from __future__ import annotations

from typing import Any

from strawberry.permission import BasePermission, PermissionExtension
from strawberry.types.base import get_object_definition

from interlock.domain.errors import Forbidden
from interlock.domain.roles import CAPABILITIES, Capability


class Requires(BasePermission):
    """The viewer's role must have a capability."""

    capability: Capability
    _schema_directive = None

    def has_permission(self, source: Any, info: Any, **_: Any) -> bool:
        del source
        return bool(info.context.viewer.may(self.capability))

    def on_unauthorized(self) -> None:
        roles = ", ".join(role for role, has in CAPABILITIES.items() if self.capability in has)
        raise Forbidden(f"Your role does not allow this; it takes {self.capability}, which these roles have: {roles}.")


_CLASSES: dict[Capability, type[Requires]] = {
    capability: type(f"Requires{capability.title().replace('_', '')}", (Requires,), {"capability": capability})
    for capability in Capability
}


def requires(capability: Capability) -> list[Any]:
    """What a root field passes as ``extensions``: the capability it asks for."""
    return [PermissionExtension(permissions=[_CLASSES[capability]()], use_directives=False)]


def required(field: Any) -> Capability:
    """The capability that a root field asks for. Raises TypeError where it says none."""
    for extension in field.extensions:
        for permission in getattr(extension, "permissions", ()):
            if isinstance(permission, Requires):
                return permission.capability
    raise TypeError(f"{field.origin.__name__}.{field.python_name} does not say which capability it takes")


def root_capabilities(*roots: type) -> dict[tuple[str, str], Capability]:
    """(type, field) -> capability for all root fields. Raises TypeError for a field that asks for none."""
    found: dict[tuple[str, str], Capability] = {}
    for root in roots:
        definition = get_object_definition(root, strict=True)
        for field in definition.fields:
            found[definition.name, field.python_name] = required(field)
    return found
