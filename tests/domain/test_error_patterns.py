"""Error messages as programs write them, and what is the same in those that mean the same."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.domain import error_patterns
from interlock.domain.error_patterns import LONGEST, NO_MESSAGE, pattern_of

XTB = """
########################################################################
[ERROR] Program stopped due to fatal error
-2- restart: Could not read restart file
-1- single_point_scf: Self consistent charge iterator did not converge
########################################################################
"""
PYDANTIC = """1 validation error for AtomicInput
molecule
  Value error, cannot reshape array of size 2 into shape (3) [type=value_error, input_value={'symbols': ['O', 'H'], 'geometry': [0, 0]}, input_type=dict]
    For further information visit https://errors.pydantic.dev/2.14/v/value_error"""
RANGE = "Range Error\n\tidx\n\tViolation occurred on line 202 in file Code/GraphMol/ROMol.cpp\n\tFailed Expression: 7 < 2\n\tRDKIT: 2026.09.1\n"
TRACEBACK = """QCEngine Execution Error:
Traceback (most recent call last):
  File "/opt/env/lib/python3.11/site-packages/qcengine/util.py", line 115, in compute_wrapper
    yield metadata
  File "/opt/env/lib/python3.11/site-packages/qcengine/compute.py", line 107, in compute
    output_data = executor.compute(input_data, config)
                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
RuntimeError: Psi4 could not converge SCF iterations in 100 iterations.
"""
CHAINED = """Traceback (most recent call last):
  File "a.py", line 1, in <module>
KeyError: 'Hf'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "b.py", line 7, in <module>
    raise LookupError("no parameters")
LookupError: no parameters
for element Hf
"""

PATTERNS = {
    # tblite, by QCSchema
    "SCF not converged in 128 cycles": "SCF not converged in <n> cycles",
    "Model 'GFN9-xTB' is not supported by tblite.": "Model <text> is not supported by tblite.",
    "No support for elements with Z >86.": "No support for elements with Z ><n>.",
    "Following atoms are too close: [(0, np.int64(1), np.float64(0.0)), (0, np.int64(2), np.float64(1.5e-9))]": (
        "Following atoms are too close: <values>"
    ),
    "Inconsistent or unspecified chg/mult: sys chg: 1, frag chg: [None], sys mult: 1, frag mult: [None]": (
        "Inconsistent or unspecified chg/mult: sys chg: <n>, frag chg: [None], sys mult: <n>, frag mult: [None]"
    ),
    PYDANTIC: "<n> validation error for AtomicInput / molecule / Value error, cannot reshape array of size <n> into shape "
    "<values> [type=value_error, input_value=<values>, input_type=dict]",
    # xTB
    XTB: "[ERROR] Program stopped due to fatal error / <n>- restart: Could not read restart file / "
    "<n>- single_point_scf: Self consistent charge iterator did not converge",
    # QCEngine
    "QCEngine Resource Error: Program psi4 is registered with QCEngine, but cannot be found.": (
        "QCEngine Resource Error: Program psi4 is registered with QCEngine, but cannot be found."
    ),
    TRACEBACK: "RuntimeError: Psi4 could not converge SCF iterations in <n> iterations.",
    # RDKit
    "Can't kekulize mol.  Unkekulized atoms: 0 1 2 3 4": "Can't kekulize mol. Unkekulized atoms: <values>",
    "Explicit valence for atom # 12 C, 5, is greater than permitted": (
        "Explicit valence for atom # <n> C, <n>, is greater than permitted"
    ),
    "File error: Bad input file /data/set_1/x.sdf": "File error: Bad input file <path>",
    "SMILES Parse Error: syntax error while parsing: CC(=O)Oc1ccccc1C(=O": (
        "SMILES Parse Error: syntax error while parsing: <text>"
    ),
    RANGE: "Range Error / idx / Violation occurred on line <n> in file <path>",
    # Python and NumPy
    "[Errno 2] No such file or directory: '/scratch/4711/input.xyz'": "[Errno <n>] No such file or directory: <text>",
    "cannot open /scratch/4711/input.xyz": "cannot open <path>",
    "C:\\jobs\\17\\input.xyz not found": "<path> not found",
    "'Hf'": "<text>",
    "invalid literal for int() with base 10: '12x'": "invalid literal for int() with base <n>: <text>",
    "Expecting value: line 1 column 7 (char 6)": "Expecting value: line <n> column <n> (char <n>)",
    "shapes (3,4) and (5,6) not aligned: 4 (dim 1) != 5 (dim 0)": (
        "shapes <values> and <values> not aligned: <n> (dim <n>) != <n> (dim <n>)"
    ),
    "<urlopen error [Errno -2] Name or service not known>": "<urlopen error [Errno <n>] Name or service not known>",
    "could not fetch https://example.org/a?b=1, tried 3 times": "could not fetch <url> tried <n> times",
    "<__main__.Molecule object at 0x7f3a2c0b1d30> is not iterable": "<__main__.Molecule object at <id>> is not iterable",
    CHAINED: "LookupError: no parameters / for element Hf",
    # schedulers and machines
    "job 123456 on node017 failed at 2025-03-01T12:30:11Z": "job <n> on node<n> failed at <time>",
    "run 3fa85f64-5717-4562-b3fc-2c963f66afa6 (9fceb02d0ae598e9) was killed": "run <values> was killed",
    "used 4.2GB of 4GB after 300s (signal 9)": "used <n>GB of <n>GB after <n>s (signal <n>)",
    "10.0.0.17:8080 refused the connection": "<n> refused the connection",
    # names stay
    "B3LYP/6-31G*, CCSD(T)/cc-pVTZ and GFN2-xTB: no energy in kcal/mol, no type(s), don't, isn't": (
        "B3LYP/<n>-31G*, CCSD(T)/cc-pVTZ and GFN2-xTB: no energy in kcal/mol, no type(s), don't, isn't"
    ),
    # nothing is said
    "": NO_MESSAGE,
    "-----\n=====\n": NO_MESSAGE,
}


@pytest.mark.parametrize("message", PATTERNS, ids=[message.strip()[:40] for message in PATTERNS])
def test_what_differs_from_case_to_case_is_a_placeholder(message: str) -> None:
    assert pattern_of(message) == PATTERNS[message]


def test_no_message_has_a_pattern_too() -> None:
    assert pattern_of(None) == NO_MESSAGE


@given(st.text() | st.text("'\"`()[]{}<>/\\.,:=-+0123456789abcnCN \n"))
def test_a_pattern_is_short_and_one_line_and_the_same_again(message: str) -> None:
    pattern = pattern_of(message)
    assert 0 < len(pattern) <= LONGEST
    assert pattern == " ".join(pattern.split())
    assert pattern_of(message) == pattern


@pytest.mark.parametrize(
    "piece", ["a", "'", "(", "1", "1,", "c1", "/", "a/", "<n> ", "(1),[", "\\'", "0x", "=C", "1.1.", "x\n", TRACEBACK]
)
def test_no_message_takes_long(piece: str) -> None:
    message = (piece * 1_000_000)[:1_000_000]
    began = time.process_time()
    pattern_of(message)
    assert time.process_time() - began < 0.1


@pytest.mark.parametrize(
    "piece",
    [
        "=",
        "#",
        "+",
        "/=",
        "=/",
        "@a",
        '\\"',
        "\\'",
        "[a",
        "(1 ",
        "([1",
        "1,",
        "np.",
        "c1",
        ":[",
        "<n> ",
        "~/",
        "%1",
        "0x",
    ],
)
def test_a_line_takes_time_in_proportion_to_its_length(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a rule begins anew at each character, this takes seconds."""
    monkeypatch.setattr(error_patterns, "_LINE", 30_000)
    line = (piece * 30_000)[:29_990] + "a1"
    began = time.process_time()
    pattern_of(line)
    assert time.process_time() - began < 0.2


@pytest.mark.parametrize("end", ["\n", "\x85", "\r"])
def test_a_traceback_of_empty_lines_takes_no_longer(end: str) -> None:
    message = 'Traceback (most recent call last)\n  File "' + end * 19_900
    began = time.process_time()
    for _ in range(20):
        pattern_of(message)
    assert time.process_time() - began < 0.3
