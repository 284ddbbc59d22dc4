"""The README's table of the suites and tools of others that check Interlock; the versions are those of the lock files."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TESTS = Path(__file__).parents[1]
_CLIENTS = _TESTS / "clients"
_EXAMPLES = _TESTS.parent / "client_examples"


@dataclass(frozen=True)
class Check:
    """One row: a package, the folder or file that pins it, what came out, and the test that says so."""

    package: str
    pinned: Path
    result: str
    test: str
    name: str | None = None
    folder: str = "clients"

    def row(self) -> str:
        test = self.test.removesuffix(".py").removeprefix("test_").replace("_", " ")
        version = _npm(self.pinned)[self.package] if self.pinned.is_dir() else _pypi(self.pinned)[self.package]
        return (
            f"| {self.name or self.package} | {version} | {self.result} | [{test}](tests/{self.folder}/{self.test}) |\n"
        )


CHECKS = (
    Check(
        "graphql-http", _CLIENTS, "61 of 61 audits, none as a warning", "test_http_audits.py", "graphql-http's audits"
    ),
    Check("graphql-ws", _CLIENTS, "follows, loses its socket, resumes without a gap", "test_npm_clients.py"),
    Check("graphql-sse", _CLIENTS, "queries and follows, a connection for each", "test_npm_clients.py"),
    Check("@apollo/client", _CLIENTS, "queries; follows by parts and by socket", "test_npm_clients.py"),
    Check("@urql/core", _CLIENTS, "queries; follows by event stream and by socket", "test_npm_clients.py"),
    Check(
        "ariadne-codegen",
        _CLIENTS / "ariadne-codegen.lock",
        "client from text and introspection, typed strictly, used",
        "test_ariadne_codegen.py",
    ),
    Check("gql", _TESTS.parent / "requirements.lock", "its DSL, and documents validated, used", "test_gql.py"),
    Check(
        "@graphql-codegen/cli",
        _CLIENTS,
        "client preset from text and introspection, typed strictly, used",
        "test_graphql_codegen.py",
    ),
    Check("relay-compiler", _CLIENTS, "connections, pages, refetch, mutations and the feed, used", "test_relay.py"),
    Check(
        "@graphql-eslint/eslint-plugin",
        _CLIENTS,
        "recommended and relay rules of schemas: nothing but stated exceptions",
        "test_schema_lint.py",
    ),
    Check("@graphql-inspector/core", _CLIENTS, "no breaking change since the last release", "test_breaking_changes.py"),
    Check(
        "schemathesis",
        _CLIENTS / "schemathesis.lock",
        "more than 5,000 generated calls: no fault, and no refused mutation changed anything",
        "test_schemathesis.py",
    ),
    Check(
        "graphiql",
        _EXAMPLES / "graphiql",
        "queries, descriptions and subscriptions in Chromium; no request elsewhere, no breach of its policy",
        "test_graphiql.py",
        "GraphiQL",
    ),
    Check(
        "axe-core",
        _EXAMPLES / "dashboard",
        "nothing by WCAG A and AA and best practice, on every page of the dashboard, light and dark",
        "test_pages.py",
        folder="dashboard",
    ),
)


def checked() -> str:
    """The table."""
    head = "| suite or tool | version | result | test |\n| --- | --- | --- | --- |\n"
    return head + "".join(check.row() for check in CHECKS)


@cache
def _npm(folder: Path) -> dict[str, str]:
    packages = json.loads((folder / "package-lock.json").read_text())["packages"]
    return {path.removeprefix("node_modules/"): package.get("version", "") for path, package in packages.items()}


@cache
def _pypi(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([^ ;\\]+)", lock.read_text(), flags=re.MULTILINE))
