"""What the model asks of the server beside what all tests ask."""

from __future__ import annotations

from support.scenario import SHOWN

_CHANGE = "cursor position recordId from to action actor who reason at attempt owner campaign tag"
MANAGER = "{ id name active tags leaseSeconds programs { name } completedCount errorCount runningCount }"

ALL = """{ records(first: 1000) { nodes { id status task { id status record { id status } } } }
  tasks(first: 1000) { nodes { id status record { id status } } } }"""
NEWS = f"""query ($touched: [ID!]!, $after: String) {{
  touched: nodes(ids: $touched) {{ ... on Record {SHOWN} }}
  statusCounts(groupBy: [STATUS, TAG, CAMPAIGN, OWNER, KIND]) {{ status tag campaign owner kind count }}
  statusChanges(after: $after, first: 1000) {{ nodes {{ {_CHANGE} }} }}
  feedCursor }}"""
FEED = f"""query ($after: String, $first: Int!, $filter: StatusChangeFilter) {{
  statusChanges(after: $after, first: $first, filter: $filter) {{
    nodes {{ {_CHANGE} }} pageInfo {{ endCursor hasNextPage }} }} }}"""
LIST = """query ($filter: RecordFilter, $orderBy: RecordOrder!, $first: Int, $after: String, $last: Int, $before: String) {{
  {list}(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {{
    edges {{ cursor node {{ id status }} }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"""
COUNTS = """query ($groupBy: [CountGroup!]!, $filter: RecordFilter) {
  statusCounts(groupBy: $groupBy, filter: $filter) { status tag campaign owner kind count } }"""
GROUPS = """query ($filter: RecordFilter) { errorGroups(filter: $filter) {
  errorType status count exampleId exampleMessage firstSince lastSince } }"""
MANAGERS = f"query {{ managers {{ nodes {MANAGER} }} }}"
SEEN = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Record {SHOWN} }} }}"
DEACTIVATE = f"""mutation ($input: DeactivateManagerInput!) {{ deactivateManager(input: $input) {{
  manager {MANAGER} handedBack givenUp errors {{ code message path }} }} }}"""
ACTIVATE = f"""mutation ($input: ActivateManagerInput!) {{ activateManager(input: $input) {{
  manager {MANAGER} errors {{ code message path }} }} }}"""
