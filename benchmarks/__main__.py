"""Measure Afterdisc against its peers: python benchmarks [NAME …] [--json FILE]. See README.md beside this file."""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ[name] = "1"  # the libraries read it when they are loaded

from command import main  # noqa: E402

main()
