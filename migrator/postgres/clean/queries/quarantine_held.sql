-- What the quarantine holds, by run, rule and table.
SELECT run_id, rule, source_schema, source_table, count(*)
FROM migrator_quarantine.rows
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2, 3, 4
