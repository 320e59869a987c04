"""A day's tables built on Spark, with the transforms of `layers/` and the queries of `marts/`.

Only `spark-submit` runs this package: nothing else of the product imports pyspark.
"""
