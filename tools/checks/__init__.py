"""The checks of `tools/check_packages.py`, by feature. Each yields sentences that say what is wrong."""
