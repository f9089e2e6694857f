"""Connections, snapshots, the sessions of a worker, and the programs and servers that are started."""
