"""Counts this process's database queries in a file of its own under DATA_DIR/queries."""
