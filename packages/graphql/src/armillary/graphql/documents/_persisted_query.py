"""Finding the document of a request: its own, a persisted one or a trusted one."""

from __future__ import annotations

from hashlib import sha256
from logging import getLogger
from typing import Any, cast

from .._operation import Operation, RequestRejected
from ._document_store import DocumentStore
from ._trusted_documents import TrustedDocuments

_HASH_LENGTH = 64

_logger = getLogger("armillary.graphql")


def persisted_hash(operation: Operation) -> str | None:
    """Return the hash of `extensions.persistedQuery`, None if there is none.

    Raises:
        RequestRejected: 400, it is malformed.
    """
    value = None if operation.extensions is None else operation.extensions.get("persistedQuery")
    if value is None:
        return None
    members = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    digest = members.get("sha256Hash")
    if members.get("version") != 1 or not isinstance(digest, str):
        raise RequestRejected(400, "`extensions.persistedQuery` must be an object of `version` 1 and `sha256Hash`.")
    return digest.lower()


def _digest(query: str) -> str:
    try:
        return sha256(query.encode()).hexdigest()
    except UnicodeEncodeError:
        raise RequestRejected(
            400, "`query` has an unpaired surrogate, which is not valid text.", code="BAD_REQUEST"
        ) from None


class DocumentChoice:
    """Decides which document a request runs.

    Args:
        store: the store of automatic persisted queries; None to reject them.
        trusted: the only documents that may be run; None for any.
    """

    def __init__(self, store: DocumentStore | None, trusted: TrustedDocuments | None) -> None:
        self._store = store
        self._trusted = trusted

    async def find(self, operation: Operation) -> str:
        """Return the text of the document.

        Raises:
            RequestRejected: there is none, it is not trusted or not stored, or its hash does not match.
        """
        if self._trusted is not None:
            return self._find_trusted(self._trusted, operation)
        if operation.document_id is not None:
            raise RequestRejected(400, "This server has no trusted documents; send the document as `query`.")
        digest = None if operation.extensions is None else persisted_hash(operation)
        if digest is not None:
            return await self._find_persisted(operation.query, digest)
        if not operation.query:
            raise RequestRejected(400, "The request has no `query`: send a GraphQL document.", code="BAD_REQUEST")
        return operation.query

    def _find_trusted(self, trusted: TrustedDocuments, operation: Operation) -> str:
        document_id = operation.document_id or persisted_hash(operation)
        if document_id is not None:
            document = trusted.get(document_id)
            if document is None:
                raise RequestRejected(
                    404, f"There is no trusted document {document_id!r}.", code="PERSISTED_QUERY_NOT_FOUND"
                )
            return document
        if operation.query is not None and operation.query in trusted:
            return operation.query
        raise RequestRejected(
            403, "Only trusted documents are run here; name one as `documentId`.", code="UNTRUSTED_DOCUMENT"
        )

    async def _find_persisted(self, query: str | None, digest: str) -> str:
        if self._store is None:
            raise RequestRejected(400, "PersistedQueryNotSupported", code="PERSISTED_QUERY_NOT_SUPPORTED")
        if query is not None:
            if _digest(query) != digest:
                raise RequestRejected(400, "`sha256Hash` is not the hash of `query`.", code="BAD_REQUEST")
            return query
        document = await self._get(self._store, digest) if len(digest) == _HASH_LENGTH else None
        if document is None:
            raise RequestRejected(404, "PersistedQueryNotFound", code="PERSISTED_QUERY_NOT_FOUND")
        return document

    async def keep(self, operation: Operation) -> None:
        """Store the document of a request that asks for it; call it for valid documents only."""
        if self._store is not None and self._trusted is None and operation.extensions and operation.query:
            digest = persisted_hash(operation)
            if digest is not None:
                await self._put(self._store, digest, operation.query)

    # If the store is unavailable, clients send the text of their queries, as they do when a hash is not found.

    async def _get(self, store: DocumentStore, digest: str) -> str | None:
        try:
            return await store.get(digest)
        except Exception:
            _logger.exception("The store of persisted queries did not respond")
            return None

    async def _put(self, store: DocumentStore, digest: str, query: str) -> None:
        try:
            await store.put(digest, query)
        except Exception:
            _logger.exception("The store of persisted queries did not store a document")
