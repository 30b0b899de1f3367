"""Tests of the command line and of the pipeline behind it."""
