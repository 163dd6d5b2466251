"""The product on one machine: Redis, web server, clock and workers as one supervised
tree, for `manage.py up`."""
