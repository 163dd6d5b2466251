"""The steps that move attempts, one a file. A step reads, does its outside work with no
transaction open, writes, and returns what to wake; it never enqueues."""
