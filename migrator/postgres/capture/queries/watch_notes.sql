-- What the catalog of captured tables was like, and from which position on, the newest first.
SELECT snapshot, watch FROM migrator_follow.watched ORDER BY number DESC
