"""Tests of the benchmarks themselves: a load has what it promises, and each part reports its figures."""
