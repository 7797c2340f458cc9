"""Asks an archive questions with one engine: statements and questions come as JSON, rows go as JSON."""

import datetime
import decimal
import json
import os
import sys


def plain(value):
    """A value as JSON: times in UTC, numbers as numbers."""
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            value = value.replace(tzinfo=datetime.timezone.utc)
        return value.timestamp()
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, float) and value != value:
        return None
    return value


def duckdb():
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return lambda text: [list(row) for row in connection.execute(text).fetchall()]


def datafusion():
    from datafusion import SessionContext

    context = SessionContext()

    def ask(text):
        batches = context.sql(text).collect()
        return [list(row.values()) for batch in batches for row in batch.to_pylist()]

    return ask


def pyspark():
    import pyspark
    from pyspark.sql import SparkSession

    # A cluster on this machine: a master, and two executors in processes of their own.
    os.environ["SPARK_HOME"] = os.path.dirname(pyspark.__file__)
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    session = (
        SparkSession.builder.master("local-cluster[2,1,1024]")
        .config("spark.executor.memory", "512m")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    return lambda text: [list(row) for row in session.sql(text).collect()]


def main():
    asked = json.load(sys.stdin)
    os.environ["TZ"] = "UTC"
    os.chdir(asked["folder"])
    ask = globals()[asked["engine"]]()
    for statement in asked["statements"]:
        ask(statement)
    answers = [[list(map(plain, row)) for row in ask(text)] for text in asked["questions"]]
    print("\n" + json.dumps(answers))


main()
