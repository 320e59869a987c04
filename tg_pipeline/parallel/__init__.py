"""A large day in parallel: tasks that make its rows elsewhere, and builds that read these in order.

The tasks are run by processes of this machine, or by executors of Spark (`tg_pipeline/spark/`).
"""
