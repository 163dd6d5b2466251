"""A fake KIE.AI on the loopback: real files, real money rules, and every fault on request."""
