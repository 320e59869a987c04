"""What the pipeline is compared with: loops, data frames, and handlers that use boto3."""
