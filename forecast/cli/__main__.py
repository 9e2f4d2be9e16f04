"""`python -m forecast.cli`: the same as `parley`."""

from forecast.cli.app import main

main()
