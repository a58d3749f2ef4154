"""`python -m bridge` is `hyperproof-bridge`."""

from bridge.cli.app import main

main()
