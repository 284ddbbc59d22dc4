// What relay-compiler reads: each tag becomes an artifact beside this file. Nothing here runs.
import { graphql } from "relay-runtime";

graphql`
  query InterlockMatrixQuery($from: RecordStatus) {
    feedCursor
    transitionMatrix {
      transitions(from: $from) {
        action
        to
      }
    }
  }
`;

graphql`
  mutation InterlockSubmitMutation($input: SubmitRecordsInput!) {
    submitRecords(input: $input) {
      ids
      errors {
        code
        path
      }
    }
  }
`;

graphql`
  fragment Interlock_moved on TransitionPayload @inline {
    moved
    refusals {
      id
      code
      currentStatus
      permitted
    }
  }
`;

graphql`
  mutation InterlockHoldMutation($input: HoldInput!) {
    hold(input: $input) {
      ...Interlock_moved
    }
  }
`;

graphql`
  mutation InterlockRetryMutation($input: RetryInput!) {
    retry(input: $input) {
      ...Interlock_moved
    }
  }
`;

graphql`
  mutation InterlockReleaseMutation($input: ReleaseInput!) {
    release(input: $input) {
      ...Interlock_moved
    }
  }
`;

// The change brings its record along, so that every view of that record is up to date.
graphql`
  subscription InterlockFollowSubscription($after: String!) {
    statusChanges(after: $after) {
      cursor
      position
      recordId
      action
      to
      record {
        id
        status
      }
    }
  }
`;

graphql`
  fragment Interlock_records on Query
  @refetchable(queryName: "InterlockRecordsPaginationQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" }) {
    records(first: $count, after: $cursor) @connection(key: "Interlock_records") {
      edges {
        node {
          id
          ...Interlock_record
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

graphql`
  query InterlockRecordsQuery {
    ...Interlock_records
  }
`;

graphql`
  fragment Interlock_record on Record @refetchable(queryName: "InterlockRecordRefetchQuery") {
    status
    permittedActions {
      action
    }
  }
`;
