-- What PostgreSQL's own contrib extensions bring: types, operator classes, foreign tables, large objects with a guard.
CREATE SCHEMA ext;
CREATE EXTENSION hstore SCHEMA ext;
CREATE EXTENSION citext;
CREATE EXTENSION ltree;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION btree_gist;
CREATE EXTENSION cube;
CREATE EXTENSION earthdistance;
CREATE EXTENSION pgcrypto;
CREATE EXTENSION "uuid-ossp";
CREATE EXTENSION intarray;
CREATE EXTENSION isn;
CREATE EXTENSION seg;
CREATE EXTENSION unaccent;
CREATE EXTENSION tablefunc;
CREATE EXTENSION bloom;
CREATE EXTENSION lo;
CREATE EXTENSION file_fdw;
CREATE EXTENSION postgres_fdw;
COMMENT ON EXTENSION citext IS 'ours to comment on';

CREATE TABLE workspaces (id uuid PRIMARY KEY DEFAULT uuid_generate_v4(), slug citext UNIQUE NOT NULL, name text);
CREATE TABLE users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email citext UNIQUE NOT NULL,
    password_hash text,
    workspace_id uuid REFERENCES workspaces
);
CREATE TABLE isbns (code isbn13 PRIMARY KEY, title text);

CREATE TABLE bookings (
    id bigserial PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces,
    room int NOT NULL,
    during tstzrange NOT NULL,
    EXCLUDE USING gist (workspace_id WITH =, room WITH =, during WITH &&)
);
CREATE TABLE pages (
    id uuid PRIMARY KEY DEFAULT uuid_generate_v4(),
    workspace_id uuid NOT NULL REFERENCES workspaces,
    path ltree,
    title citext,
    extra ext.hstore DEFAULT 'a=>1',
    place earth,
    span seg,
    tags int[],
    book isbn13 REFERENCES isbns,
    content lo,
    UNIQUE (workspace_id, title)
);
CREATE INDEX pages_path ON pages USING gist (path);
CREATE INDEX pages_title ON pages USING gin ((title::text) gin_trgm_ops);
CREATE INDEX pages_extra ON pages USING gin (extra ext.gin_hstore_ops);
CREATE INDEX pages_tags ON pages USING gist (tags gist__int_ops);
CREATE TRIGGER pages_content BEFORE UPDATE OR DELETE ON pages FOR EACH ROW EXECUTE FUNCTION lo_manage(content);
CREATE TABLE counters (workspace_id uuid NOT NULL REFERENCES workspaces, a int, b int);
CREATE INDEX counters_bloom ON counters USING bloom (a, b) WITH (length = 80);
CREATE TEXT SEARCH CONFIGURATION fr (COPY = french);
ALTER TEXT SEARCH CONFIGURATION fr ALTER MAPPING FOR hword, hword_part, word WITH unaccent, french_stem;

CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE motd (line text) SERVER files OPTIONS (filename '/etc/motd');
CREATE SERVER legacy FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'legacy.example', dbname 'erp');
CREATE USER MAPPING FOR PUBLIC SERVER legacy OPTIONS (user 'reader', password 'swordfish');
CREATE FOREIGN TABLE legacy_invoices (id int, workspace_id uuid, total numeric) SERVER legacy OPTIONS (table_name 'invoices');
CREATE VIEW legacy_totals AS SELECT workspace_id, sum(total) AS total FROM legacy_invoices GROUP BY 1;

INSERT INTO workspaces (id, slug, name) VALUES
    ('00000000-0000-0000-0000-000000000001', 'Acme', 'Acme'), ('00000000-0000-0000-0000-000000000002', 'Beta', 'Beta');
INSERT INTO users (email, workspace_id) SELECT slug || '@x', id FROM workspaces;
INSERT INTO isbns VALUES ('978-0-11-000533-1', 'Some book');
INSERT INTO bookings (workspace_id, room, during)
    SELECT id, 1, tstzrange('2024-01-01', '2024-01-02') FROM workspaces;
INSERT INTO pages (workspace_id, path, title, extra, place, span, tags, book, content)
    SELECT id, 'Top.Science'::ltree, 'Über ' || slug, 'k=>"v,\"w", n=>NULL', ll_to_earth(48, 2), '1.0 .. 2.5', '{3,1,2}',
           '978-0-11-000533-1', lo_from_bytea(0, ('of ' || slug)::bytea) FROM workspaces;
INSERT INTO counters SELECT id, 1, NULL FROM workspaces;
