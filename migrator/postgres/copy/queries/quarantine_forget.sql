-- What an earlier attempt at this unit put into quarantine, before the unit does it again.
DELETE FROM migrator.quarantine WHERE run_id = %(run)s AND unit = %(unit)s
