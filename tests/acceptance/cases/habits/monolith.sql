-- Habits of applications in the wild: '' and 0 for "none" where others write NULL, no declared keys beside declared
-- ones, parts that are named by their whole, people of whom few belong to one tenant, and a document at the centre.
CREATE TABLE schema_migrations (version text PRIMARY KEY);
CREATE TYPE rank AS ENUM ('draft', 'final');
CREATE TABLE project (id varchar(26) PRIMARY KEY, name varchar(60) NOT NULL);
CREATE TABLE users (id varchar(26) PRIMARY KEY, email text UNIQUE, password text, homeprojectid varchar(26) REFERENCES project);
CREATE TABLE project_member (projectid varchar(26) NOT NULL, userid varchar(26) NOT NULL, PRIMARY KEY (projectid, userid));
-- Mail sent to people: most of them have no project of their own.
CREATE TABLE mails (id int PRIMARY KEY, user_id varchar(26) NOT NULL REFERENCES users, sent date);
CREATE TABLE mail_opens (id int PRIMARY KEY, mail_id int NOT NULL REFERENCES mails, at timestamptz);
-- Channels without a project are everybody's, and say so by ''.
CREATE TABLE channels (id varchar(26) PRIMARY KEY, projectid varchar(26) NOT NULL DEFAULT '', name text);
CREATE TABLE posts (id varchar(26) PRIMARY KEY, channelid varchar(26) NOT NULL, rootid varchar(26) NOT NULL DEFAULT '', body text);
CREATE TABLE reactions (id int PRIMARY KEY, postid varchar(26) NOT NULL, emoji text);
-- Half of the tables hang on documents: no tenants for all that.
CREATE TABLE settings (id int PRIMARY KEY, paper text);
CREATE TABLE contents (id int PRIMARY KEY, body text, rank rank);
CREATE TABLE documents (id int PRIMARY KEY, projectid varchar(26) NOT NULL REFERENCES project, setting_id int NOT NULL UNIQUE REFERENCES settings, content_id int UNIQUE REFERENCES contents);
CREATE TABLE pages (id int PRIMARY KEY, document_id int NOT NULL REFERENCES documents);
CREATE TABLE fields (id int PRIMARY KEY, document_id int NOT NULL REFERENCES documents, page_id int NOT NULL DEFAULT 0);
CREATE TABLE signers (id int PRIMARY KEY, document_id int NOT NULL REFERENCES documents, UNIQUE (document_id, id));
CREATE TABLE links (id int PRIMARY KEY, document_id int NOT NULL REFERENCES documents, UNIQUE (document_id, id));
CREATE TABLE seals (id int PRIMARY KEY, document_id int NOT NULL REFERENCES documents, UNIQUE (document_id, id));

INSERT INTO schema_migrations VALUES ('1');
INSERT INTO project SELECT 'p' || i, 'Project ' || i FROM generate_series(1, 3) i;
INSERT INTO users SELECT 'u' || i, 'u' || i || '@example.com', 'x', CASE WHEN i = 1 THEN 'p1' END FROM generate_series(1, 9) i;
INSERT INTO project_member SELECT 'p' || 1 + i % 3, 'u' || i FROM generate_series(1, 9) i;
INSERT INTO mails SELECT i, 'u' || 1 + i % 9, '2024-01-01' FROM generate_series(1, 18) i;
INSERT INTO mail_opens SELECT i, i, now() FROM generate_series(1, 18) i;
INSERT INTO channels SELECT 'c' || i, CASE WHEN i > 4 THEN 'p' || 1 + i % 3 ELSE '' END, 'c' FROM generate_series(1, 16) i;
INSERT INTO posts SELECT 'm' || i, 'c' || 1 + i % 16, CASE WHEN i % 4 = 1 THEN 'm' || i + 1 ELSE '' END, 'b' FROM generate_series(1, 80) i;
INSERT INTO reactions SELECT i, 'm' || i, '+' FROM generate_series(1, 80) i;
INSERT INTO settings SELECT i, 'a4' FROM generate_series(1, 12) i;
INSERT INTO contents SELECT i, 'text', 'final' FROM generate_series(1, 12) i;
INSERT INTO documents SELECT i, 'p' || 1 + i % 3, i, CASE WHEN i > 1 THEN i END FROM generate_series(1, 12) i;
INSERT INTO pages SELECT i, 1 + i % 12 FROM generate_series(1, 24) i;
INSERT INTO fields SELECT i, 1 + i % 12, CASE WHEN i % 2 = 0 THEN i ELSE 0 END FROM generate_series(1, 24) i;
INSERT INTO signers SELECT i, 1 + i % 12 FROM generate_series(1, 24) i;
INSERT INTO links SELECT i, 1 + i % 12 FROM generate_series(1, 24) i;
INSERT INTO seals SELECT i, 1 + i % 12 FROM generate_series(1, 24) i;
-- Rows of a project that is gone, a row that somebody forgot to give to one, and an extension that need not be there.
CREATE TABLE tasks (id int PRIMARY KEY, project_id varchar(26) NOT NULL, note text);
CREATE TABLE labels (id int PRIMARY KEY, project_id varchar(26) REFERENCES project, name text);
CREATE TABLE post_details (post_id varchar(26) PRIMARY KEY, project_id varchar(26) REFERENCES project);
INSERT INTO tasks SELECT i, CASE WHEN i < 3 THEN 'gone' ELSE 'p' || 1 + i % 3 END, 'x' FROM generate_series(1, 60) i;
INSERT INTO labels SELECT i, CASE WHEN i > 1 THEN 'p' || 1 + i % 3 END, 'l' FROM generate_series(1, 60) i;
INSERT INTO post_details SELECT 'm' || i, (SELECT nullif(projectid, '') FROM channels WHERE id = 'c' || 1 + i % 16) FROM generate_series(1, 30) i;
-- Rows without a project that are declared to hang on a project's row, up to two rows above, beside those of nobody.
CREATE TABLE event_types (id int PRIMARY KEY, project_id varchar(26) REFERENCES project, parent_id int REFERENCES event_types);
INSERT INTO event_types SELECT i, CASE WHEN i <= 20 THEN 'p' || 1 + i % 3 END, CASE WHEN i BETWEEN 21 AND 30 THEN i - 5 END FROM generate_series(1, 60) i;
-- A check that asks another table, which ends up in another database; it lets a restore fill the tables in any order.
CREATE FUNCTION is_user(who text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN who IN (SELECT id FROM public.users) OR NOT EXISTS (SELECT FROM public.users); END $$;
CREATE TABLE notes (id int PRIMARY KEY, project_id varchar(26) NOT NULL REFERENCES project, author text CONSTRAINT author_is_user CHECK (is_user(author)));
INSERT INTO notes SELECT i, 'p' || 1 + i % 3, 'u' || 1 + i % 9 FROM generate_series(1, 30) i;
-- A project's rows beneath everybody's row of the same table.
CREATE TABLE topics (id int PRIMARY KEY, project_id varchar(26) REFERENCES project, parent_id int REFERENCES topics);
INSERT INTO topics SELECT i, CASE WHEN i > 4 THEN 'p' || 1 + i % 3 END, CASE WHEN i > 2 THEN 1 + i % 2 END FROM generate_series(1, 30) i;
