"""Tests of what the benchmarks share; what they measure is no test."""
