"""The guard in front of Dagster's webserver, which itself accepts requests from any web page.

https://docs.dagster.io/deployment/oss/oss-deployment-architecture#dagster-webserver
"""
