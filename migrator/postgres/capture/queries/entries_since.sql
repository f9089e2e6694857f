-- How many entries an earlier snapshot did not see.
SELECT (SELECT count(*) FROM migrator_follow.log WHERE xid >= %(xmax)s)
     + (SELECT count(*) FROM migrator_follow.log WHERE xid = ANY (%(running)s::bigint[]) AND xid < %(xmax)s)
