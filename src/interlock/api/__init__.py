"""The API: GraphQL over HTTP, WebSocket and SSE. The only importer of strawberry and starlette."""

# The domain's enums become GraphQL's before any field names them.
import interlock.api.types.enums  # noqa: F401
