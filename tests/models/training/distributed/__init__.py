"""Tests of training by several processes."""
