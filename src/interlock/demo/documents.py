"""The GraphQL documents of the demo: all that it says to the server."""

from __future__ import annotations

from typing import Final

from gql import GraphQLRequest, gql

WHO: Final = gql("{ viewer { name role } }")

CREATE_KEY: Final = gql("""
  mutation ($input: CreateKeyInput!) { createKey(input: $input) { key errors { message } } }
""")

SUBMIT: Final = gql("""
  mutation ($input: SubmitRecordsInput!) { submitRecords(input: $input) { ids errors { message path } } }
""")

SNAPSHOT: Final = gql("""
  query ($campaign: String!) {
    feedCursor
    statusCounts(filter: {campaign: [$campaign]}) { status count }
    records(filter: {campaign: [$campaign]}, first: 1000) { nodes { id status specification retry { nextAt } } }
    statusChanges(filter: {campaign: [$campaign], action: [HOLD, RELEASE, RETRY, FAIL, KILL, REGENERATE, REPORT_ERROR]},
                  first: 1000) { nodes { recordId action actor } }
  }
""")

FOLLOW: Final = gql("""
  subscription ($after: String!, $campaign: String!) {
    statusChanges(after: $after, filter: {campaign: [$campaign]}) { cursor recordId from to action actor }
  }
""")

RECORD: Final = gql("""
  query ($id: ID!) {
    record(id: $id) {
      status errorType
      retry { nextAt }
      attempts { number error { type message } }
      permittedActions { action }
      events { at action from to actor who reason }
    }
  }
""")

RESULTS: Final = gql("""
  query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Record { id result } } }
""")

TOTALS: Final = gql("""
  query ($campaign: String!) {
    statusCounts(filter: {campaign: [$campaign]}) { status count }
    errorGroups(filter: {campaign: [$campaign]}) { errorType status count exampleId exampleMessage }
  }
""")


def move(action: str) -> GraphQLRequest:
    """The mutation of one action of people, such as ``hold``: each is called alike."""
    return gql(f"""
      mutation ($input: {action.capitalize()}Input!) {{
        {action}(input: $input) {{
          moved
          errors {{ message }}
          refusals {{ id code message permitted shortestWay {{ action }} }}
        }}
      }}
    """)
