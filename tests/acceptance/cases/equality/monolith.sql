-- Keys that are equal although they are written differently: citext, numeric, a collation that ignores case. Each
-- foreign key holds, so each row is its tenant's.
CREATE EXTENSION citext;
CREATE DOMAIN code AS citext;
CREATE COLLATION caseless (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE workspaces (slug citext PRIMARY KEY, no numeric UNIQUE NOT NULL, name text COLLATE caseless UNIQUE NOT NULL);
CREATE TABLE pages (id int PRIMARY KEY, workspace citext NOT NULL REFERENCES workspaces, body text);
CREATE TABLE parts (id int PRIMARY KEY, page_id int NOT NULL REFERENCES pages);
CREATE TABLE depots (workspace citext NOT NULL REFERENCES workspaces, code code NOT NULL, PRIMARY KEY (workspace, code));
CREATE TABLE boxes (
    id int PRIMARY KEY, workspace citext NOT NULL, depot code NOT NULL, FOREIGN KEY (workspace, depot) REFERENCES depots
);
CREATE TABLE invoices (id int PRIMARY KEY, workspace_no numeric NOT NULL REFERENCES workspaces (no));
CREATE TABLE notes (id int PRIMARY KEY, workspace_name text COLLATE caseless NOT NULL REFERENCES workspaces (name));
CREATE TABLE colours (name text COLLATE caseless PRIMARY KEY);
CREATE TABLE page_colours (
    page_id int REFERENCES pages, colour text COLLATE caseless REFERENCES colours, PRIMARY KEY (page_id, colour)
);
CREATE TABLE labels (id int PRIMARY KEY, workspace citext REFERENCES workspaces, label text);
INSERT INTO workspaces VALUES ('Acme', 1, 'First'), ('Beta', 2.0, 'Second');
INSERT INTO pages VALUES (1, 'ACME', 'x'), (2, 'beta', 'y'), (3, 'Acme', 'z');
INSERT INTO parts VALUES (1, 1), (2, 2), (3, 3);
INSERT INTO depots VALUES ('acme', 'X'), ('BETA', 'x');
INSERT INTO boxes SELECT i, CASE WHEN i % 2 = 0 THEN 'ACME' ELSE 'Beta' END, 'x' FROM generate_series(1, 20) i;
INSERT INTO invoices VALUES (1, 1.00), (2, 2), (3, 1);
INSERT INTO notes VALUES (1, 'FIRST'), (2, 'second'), (3, 'First');
INSERT INTO colours VALUES ('Red'), ('Blue');
INSERT INTO page_colours VALUES (1, 'red'), (2, 'RED'), (3, 'BLUE');
INSERT INTO labels SELECT i, CASE WHEN i % 2 = 0 THEN 'acmE' WHEN i % 3 = 0 THEN 'beta' END, 'x' FROM generate_series(1, 20) i;
