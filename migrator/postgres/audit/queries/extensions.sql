-- Extensions that something outside of them depends on: a column of their type or an array of it, an index with their
-- operators, a default, a view or a trigger that calls them. What only the text of a function names is not known here.
WITH RECURSIVE member (extension, classid, objid) AS (
    SELECT e.extname, d.classid, d.objid
    FROM pg_catalog.pg_extension e
    JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.refobjid = e.oid
    WHERE d.deptype = 'e'
    UNION
    -- What belongs to a member is no use of it: a type's array, a view's rule, a table's index.
    SELECT m.extension, d.classid, d.objid
    FROM member m
    JOIN pg_catalog.pg_depend d ON d.refclassid = m.classid AND d.refobjid = m.objid
    WHERE d.deptype IN ('i', 'a')
)
SELECT DISTINCT m.extension
FROM member m
JOIN pg_catalog.pg_depend used ON used.refclassid = m.classid AND used.refobjid = m.objid AND used.deptype = 'n'
WHERE NOT EXISTS (SELECT FROM member own WHERE own.classid = used.classid AND own.objid = used.objid)
ORDER BY 1
