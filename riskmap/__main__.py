"""`python -m riskmap`: the command line, where the package is not installed."""

from riskmap.cli import main

main()
