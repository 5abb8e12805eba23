"""`python -m afterdisc.cli`."""

from afterdisc.cli.main import main

main()
