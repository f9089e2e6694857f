"""ServingMap, snapshots, a worker's sessions, client programs, and servers of our own."""
