"""Benchmarks: each compares this project with a peer in one run, as a ratio."""
