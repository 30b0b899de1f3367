"""The store of the nightly run: what came in, what it was coded as, and what was sent, in SQLite or PostgreSQL."""
