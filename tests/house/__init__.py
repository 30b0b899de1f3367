"""Tests of the house itself: layout, imports, documents, the wheel, and what never leaves it."""
