"""What a test asks of Dagster's GraphQL, as the UI does."""

LAUNCH_BACKFILL = """mutation ($params: LaunchBackfillParams!) {
    launchPartitionBackfill(backfillParams: $params) {
        __typename
        ... on LaunchBackfillSuccess { backfillId }
        ... on PythonError { message }
    }
}"""

BACKFILLS = """{
    partitionBackfillsOrError {
        ... on PartitionBackfills { results { id status } }
    }
}"""

RUNS = """{
    runsOrError(limit: 200) {
        ... on Runs {
            results { runId jobName status tags { key value } assetSelection { path } }
        }
    }
}"""
