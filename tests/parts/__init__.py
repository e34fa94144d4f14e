"""Real parts that tests run against: PostgreSQL and Elasticsearch, started here where no address is given.

Each is looked for in this order: an address in the environment, a Docker engine, programs of this machine.
Where none is possible a test is skipped with the reason, and fails where CI=true.
"""
