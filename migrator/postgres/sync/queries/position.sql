-- Up to which snapshot of one side this database has been brought; nobody else moves it meanwhile.
SELECT snapshot FROM migrator_follow.positions WHERE side = %(side)s FOR UPDATE
