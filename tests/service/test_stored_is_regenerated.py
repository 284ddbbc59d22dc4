"""A task is a pure function of its record: what is stored can be built again from the stored specification."""

from __future__ import annotations

import copy
import string
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from interlock.domain.kinds import Kind, KindRegistry
from interlock.service.submission import _prepare

LIMIT = 1_000_000
NAMES = st.text(string.ascii_letters + "_", min_size=1, max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3),
    max_leaves=10,
)  # fmt: skip
PROGRAMS = st.text(string.ascii_letters + string.digits, min_size=1, max_size=6)
PYTHON = st.fixed_dictionaries(
    {"function": st.builds("{}.{}:{}".format, NAMES, NAMES, NAMES)},
    optional={
        "args": st.lists(VALUES, max_size=3),
        "kwargs": st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), VALUES, max_size=3),
        "programs": st.lists(PROGRAMS, max_size=3),
    },
)
ATOMS = st.integers(1, 5).flatmap(
    lambda n: st.fixed_dictionaries(
        {
            "symbols": st.lists(st.sampled_from(["H", "He", "C", "N", "O"]), min_size=n, max_size=n),
            # apart from each other, as the kind demands
            "geometry": st.just([float(x) for i in range(n) for x in (3 * i, 0, 0)]),
        },
        optional={
            "molecular_charge": st.just(0.0),
            "name": st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
        },
    )
)
QCSCHEMA = st.fixed_dictionaries(
    {
        "program": PROGRAMS,
        "input": st.fixed_dictionaries(
            {
                "molecule": ATOMS,
                "driver": st.sampled_from(["energy", "gradient", "hessian", "properties"]),
                "model": st.fixed_dictionaries({"method": NAMES}, optional={"basis": NAMES}),
            },
            optional={
                "keywords": st.dictionaries(NAMES, VALUES, max_size=3),
                "extras": st.dictionaries(NAMES, VALUES, max_size=2),
                "protocols": st.fixed_dictionaries({"stdout": st.booleans()}),
            },
        ),
    }
)
STRATEGIES = {"python": PYTHON, "qcschema": QCSCHEMA}
INSTALLED = KindRegistry.installed()


def test_every_installed_kind_is_tried_here() -> None:
    assert {kind.name for kind in INSTALLED} == set(STRATEGIES)


@given(st.data())
def test_the_task_built_from_the_stored_specification_is_the_one_that_was_stored(data: st.DataObject) -> None:
    kind: Kind = INSTALLED.get(data.draw(st.sampled_from(sorted(STRATEGIES))))
    asked = data.draw(STRATEGIES[kind.name])
    as_it_came = copy.deepcopy(asked)
    (prepared,) = _prepare(kind, [asked], LIMIT)
    assert asked == as_it_came, "validation leaves its argument alone"
    specification: dict[str, Any] = orjson.loads(prepared.specification)
    regenerated = kind.task(specification)
    assert (regenerated.function, regenerated.required_programs) == (prepared.function, prepared.programs)
    assert orjson.dumps(regenerated.args).decode() == prepared.args
    assert orjson.dumps(regenerated.kwargs).decode() == prepared.kwargs
    # and normal form is a fixed point: a record submitted again from its own specification is the same record
    (again,) = _prepare(kind, [specification], LIMIT)
    assert again == prepared
