"""`python -m bridge` is `hyperproof-bridge`."""

from bridge.cli.main import main

main()
