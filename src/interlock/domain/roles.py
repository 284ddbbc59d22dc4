"""Who may do what: roles as data. What a role does not list is denied."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a principal is on this server."""

    VIEWER = "VIEWER"
    SUBMITTER = "SUBMITTER"
    OPERATOR = "OPERATOR"
    MANAGER = "MANAGER"
    ADMIN = "ADMIN"


class Capability(StrEnum):
    """One thing that a principal may be allowed to do."""

    READ = "READ"
    SUBMIT = "SUBMIT"
    ACT_ON_OWN = "ACT_ON_OWN"
    ACT_ON_ALL = "ACT_ON_ALL"
    RUN_TASKS = "RUN_TASKS"
    ADMINISTER = "ADMINISTER"


ROLE_MEANING = {
    Role.VIEWER: "Reads everything, changes nothing.",
    Role.SUBMITTER: "Submits records, and acts on those that its principal owns.",
    Role.OPERATOR: "Submits records, and acts on all of them.",
    Role.MANAGER: "Claims tasks, and answers for its own leases only.",
    Role.ADMIN: "Does what an operator does, and keeps principals and keys.",
}

_PERSON = frozenset({Capability.READ, Capability.SUBMIT, Capability.ACT_ON_OWN})

CAPABILITIES: dict[Role, frozenset[Capability]] = {
    Role.VIEWER: frozenset({Capability.READ}),
    Role.SUBMITTER: _PERSON,
    Role.OPERATOR: _PERSON | {Capability.ACT_ON_ALL},
    Role.MANAGER: frozenset({Capability.READ, Capability.RUN_TASKS}),
    Role.ADMIN: _PERSON | {Capability.ACT_ON_ALL, Capability.ADMINISTER},
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a key speaks for. Keys rotate; principals own."""

    id: int
    name: str
    role: Role

    def may(self, capability: Capability) -> bool:
        return capability in CAPABILITIES[self.role]

    def may_all(self, capabilities: frozenset[Capability]) -> bool:
        return capabilities <= CAPABILITIES[self.role]

    def may_act_on(self, owner_id: int) -> bool:
        """Whether USER actions on a record of this owner are open to the principal."""
        return self.may(Capability.ACT_ON_ALL) or (self.may(Capability.ACT_ON_OWN) and owner_id == self.id)
