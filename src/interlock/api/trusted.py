"""Trusted documents: what clients may ask for is written in a file beforehand, and asked for by its sha256.

A request without ``query`` names one as the clients of Apollo, urql and others do, by ``"extensions":
{"persistedQuery": {"version": 1, "sha256Hash": …}}``. The file is what their generators write: a JSON object of
documents by their sha256 in hexadecimal. No request adds to it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from interlock.domain.errors import InterlockError, InvalidInput
from interlock.settings import Settings


class DocumentNotFound(InterlockError):
    """The code and message are those upon which Apollo's client sends the whole document."""

    code = "PERSISTED_QUERY_NOT_FOUND"


class DocumentNotTrusted(InterlockError):
    code = "DOCUMENT_NOT_TRUSTED"


class NoDocuments(InterlockError):
    """The file of trusted documents cannot be used."""


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _read(file: Path) -> dict[str, str]:
    """The documents by their hashes. Raises NoDocuments."""
    wanted = 'It must be a JSON object of documents by their sha256, such as {"9f86d0…": "query …"}.'
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise NoDocuments(
            f"--trusted-documents (INTERLOCK_TRUSTED_DOCUMENTS): {file} cannot be read ({error}). {wanted}"
        ) from error
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise NoDocuments(f"--trusted-documents (INTERLOCK_TRUSTED_DOCUMENTS): {file} is no such file. {wanted}")
    for key, text in found.items():
        if key != _hash(text):
            raise NoDocuments(
                f"--trusted-documents (INTERLOCK_TRUSTED_DOCUMENTS): {key!r} in {file} is not its document's sha256."
            )
    return found


class TrustedDocuments:
    """Those of one server. Raises NoDocuments."""

    def __init__(self, settings: Settings) -> None:
        self._documents = _read(settings.trusted_documents) if settings.trusted_documents else {}
        self._only = settings.trusted_only
        if self._only and not self._documents:
            raise NoDocuments("--trusted-only needs documents to trust: say where they are with --trusted-documents.")

    def text(self, query: str | None, extensions: Mapping[str, Any] | None) -> str | None:
        """The document that a request means. Raises DocumentNotFound, DocumentNotTrusted and InvalidInput."""
        named = (extensions or {}).get("persistedQuery")
        if named is None:
            if self._only and query and _hash(query) not in self._documents:
                raise DocumentNotTrusted(
                    f"This server runs only documents that it was given beforehand; the one with the sha256 "
                    f"{_hash(query)} is not among them. Have it added to the server's file."
                )
            return query
        key = named.get("sha256Hash") if isinstance(named, dict) and named.get("version") == 1 else None
        if not isinstance(key, str):
            raise InvalidInput("must be an object with `version` 1 and `sha256Hash`.", "extensions.persistedQuery")
        if query and key != _hash(query):
            raise InvalidInput("is not the sha256 of `query`.", "extensions.persistedQuery.sha256Hash")
        if query and not self._only:
            return query
        if key not in self._documents:
            raise DocumentNotFound("PersistedQueryNotFound")
        return self._documents[key]
