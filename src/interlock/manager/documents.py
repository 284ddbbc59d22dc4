"""The GraphQL documents of a manager: all it ever says to the server."""

from __future__ import annotations

from gql import GraphQLRequest, gql

WHO: GraphQLRequest = gql("{ viewer { name role capabilities } }")

ACTIVATE: GraphQLRequest = gql("""
  mutation ActivateManager($input: ActivateManagerInput!) {
    activateManager(input: $input) {
      manager { id }
      errors { code message path }
    }
  }
""")

CLAIM: GraphQLRequest = gql("""
  mutation ClaimTasks($input: ClaimTasksInput!) {
    claimTasks(input: $input) {
      leases { token recordId function args kwargs }
      errors { code message path }
    }
  }
""")

HEARTBEAT: GraphQLRequest = gql("""
  mutation Heartbeat($input: HeartbeatInput!) {
    heartbeat(input: $input) {
      renewed
      lost { token code message }
      errors { code message path }
    }
  }
""")

RETURN: GraphQLRequest = gql("""
  mutation ReturnTasks($input: ReturnTasksInput!) {
    returnTasks(input: $input) {
      answers { token code message }
      errors { code message path }
    }
  }
""")

DEACTIVATE: GraphQLRequest = gql("""
  mutation DeactivateManager($input: DeactivateManagerInput!) {
    deactivateManager(input: $input) {
      givenUp
      errors { code message path }
    }
  }
""")
