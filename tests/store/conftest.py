"""Fixtures of the store's tests."""

from __future__ import annotations

from tests.store.postgres import database, postgres_server

__all__ = ["database", "postgres_server"]
