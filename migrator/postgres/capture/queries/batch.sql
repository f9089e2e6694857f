-- What is visible now of transactions that an earlier snapshot did not see: those that ran then, and those from its xmax
-- on. Two searches of the index on xid, which is all that reading takes however long the log is.
SELECT l.relation, l.key, l.route, l.more
FROM (SELECT relation, key, route, more FROM migrator_follow.log WHERE xid >= %(xmax)s
      UNION ALL
      SELECT relation, key, route, more FROM migrator_follow.log WHERE xid = ANY (%(running)s::bigint[]) AND xid < %(xmax)s) l
GROUP BY 1, 2, 3, 4
