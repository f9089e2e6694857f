-- Extensions that something outside of them depends on: a column of their type, an index with their operators, a default,
-- a view or a trigger that calls them. What only the text of a function names is not known here.
SELECT DISTINCT e.extname
FROM pg_catalog.pg_extension e
JOIN pg_catalog.pg_depend member
  ON member.refclassid = 'pg_catalog.pg_extension'::regclass AND member.refobjid = e.oid AND member.deptype = 'e'
JOIN pg_catalog.pg_depend used
  ON used.refclassid = member.classid AND used.refobjid = member.objid AND used.deptype IN ('n', 'a')
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend own
                  WHERE own.classid = used.classid AND own.objid = used.objid AND own.deptype = 'e')
  -- What belongs to a member (a type's array, a view's rule) is no use of it.
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend inner_
                  JOIN pg_catalog.pg_depend own ON own.classid = inner_.refclassid AND own.objid = inner_.refobjid
                                                   AND own.deptype = 'e'
                  WHERE inner_.classid = used.classid AND inner_.objid = used.objid AND inner_.deptype IN ('i', 'a'))
ORDER BY e.extname
