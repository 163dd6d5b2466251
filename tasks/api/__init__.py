"""The REST interface: it reads JSON, asks for one deed or row, and writes JSON."""
