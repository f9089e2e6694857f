-- An application that declares no foreign key, as many do: references by name alone, polymorphic ones, rows that are
-- everybody's, rows that know their account by one column or another, and keys that look like numbers and are none.
CREATE TABLE schema_migrations (version text PRIMARY KEY);
CREATE TABLE accounts (id bigint PRIMARY KEY, subdomain text NOT NULL UNIQUE, name text);
CREATE TABLE users (id bigint PRIMARY KEY, email text UNIQUE, encrypted_password text, locale_code char(2));
CREATE TABLE account_users (id bigint PRIMARY KEY, account_id bigint NOT NULL, user_id bigint NOT NULL, UNIQUE (account_id, user_id));
CREATE TABLE api_keys (id bigint PRIMARY KEY, user_id bigint NOT NULL, digest text);
CREATE TABLE currencies (code char(3) PRIMARY KEY, name text);
CREATE TABLE clients (id bigint PRIMARY KEY, "accountId" bigint NOT NULL, name text, currency_code char(3), created_by bigint);
CREATE TABLE invoices (id bigint PRIMARY KEY, client_id bigint NOT NULL, number text);
CREATE TABLE invoice_lines (id bigint PRIMARY KEY, invoice_id bigint NOT NULL, amount numeric);
-- Templates: some are everybody's, and invoices of accounts are made from them.
CREATE TABLE templates (id bigint PRIMARY KEY, account_id bigint, body text);
CREATE TABLE template_uses (id bigint PRIMARY KEY, template_id bigint NOT NULL, invoice_id bigint NOT NULL);
-- Announcements: many are everybody's, and nothing names them.
CREATE TABLE announcements (id bigint PRIMARY KEY, account_id bigint, body text);
-- Files know their account by themselves, or only by their client.
CREATE TABLE files (id bigint PRIMARY KEY, account_id bigint, client_id bigint, name text);
-- Comments are on clients or invoices; the id is a text.
CREATE TABLE comments (id bigint PRIMARY KEY, commentable_type text NOT NULL, commentable_id text NOT NULL, body text);
CREATE TABLE reactions (id bigint PRIMARY KEY, comment_id bigint NOT NULL, emoji text);
-- A transfer links two accounts: whose is it?
CREATE TABLE transfers (id bigint PRIMARY KEY, from_account_id bigint NOT NULL, to_account_id bigint NOT NULL);
-- A number that must mean something, but nobody knows what.
CREATE TABLE imports (id bigint PRIMARY KEY, batch_id bigint NOT NULL, row text);

INSERT INTO schema_migrations VALUES ('20240101');
INSERT INTO accounts VALUES (0, 'zero', 'Zero'), (1, 'one', 'One'), (-2, 'minus', 'Minus Two');
INSERT INTO users SELECT i, 'u' || i || '@example.com', 'x', 'fr' FROM generate_series(10, 15) i;
INSERT INTO account_users SELECT i, (ARRAY[0, 1, -2])[1 + i % 3], 10 + i FROM generate_series(0, 5) i;
INSERT INTO api_keys VALUES (1, 10, 'x');
INSERT INTO currencies VALUES ('EUR', 'Euro'), ('CHF', 'Franc');
INSERT INTO clients SELECT i, (ARRAY[0, 1, -2])[1 + i % 3], 'c' || i, 'EUR', 10 FROM generate_series(100, 120) i;
INSERT INTO invoices SELECT i, 100 + i % 21, 'n' || i FROM generate_series(1000, 1100) i;
INSERT INTO invoice_lines SELECT i, 1000 + i % 101, i FROM generate_series(1, 300) i;
INSERT INTO templates VALUES (1, NULL, 'standard'), (2, 1, 'own'), (3, -2, 'own');
INSERT INTO template_uses VALUES (1, 1, 1001), (2, 1, 1002), (3, 2, 1015);
INSERT INTO announcements SELECT i, CASE WHEN i % 2 = 0 THEN 1 END, 'a' FROM generate_series(1, 40) i;
INSERT INTO files VALUES (1, 0, NULL, 'a'), (2, NULL, 101, 'b'), (3, NULL, 102, 'c'), (4, 1, NULL, 'd');
INSERT INTO comments SELECT i, 'Client', (100 + i % 21)::text, 'x' FROM generate_series(1, 20) i;
INSERT INTO comments SELECT i, 'Invoice', (1000 + i)::text, 'y' FROM generate_series(21, 40) i;
INSERT INTO reactions SELECT i, i, '+' FROM generate_series(1, 40) i;
INSERT INTO transfers VALUES (1, 0, 1), (2, 1, -2);
INSERT INTO imports VALUES (1, 77, 'x');
-- What an entry is about has its own table and no key; who has a workflow, a table of links says.
CREATE TABLE entries (id bigint PRIMARY KEY, account_id bigint NOT NULL, entryable_type text NOT NULL, entryable_id bigint NOT NULL, at date);
CREATE TABLE trades (id bigint PRIMARY KEY, price numeric);
CREATE TABLE valuations (id bigint PRIMARY KEY, amount numeric);
CREATE TABLE workflows (id bigint PRIMARY KEY, name text);
CREATE TABLE workflow_links (workflow_id bigint NOT NULL, account_id bigint NOT NULL, role text, PRIMARY KEY (workflow_id, account_id));
CREATE TABLE executions (id bigint PRIMARY KEY, workflow_id bigint NOT NULL, took interval);
INSERT INTO trades SELECT i, i FROM generate_series(1, 20) i;
INSERT INTO valuations SELECT i, i FROM generate_series(1, 20) i;
INSERT INTO entries SELECT i, (ARRAY[0, 1, -2])[1 + i % 3], CASE WHEN i > 20 THEN 'Trade' ELSE 'Valuation' END, 1 + i % 20, '2024-01-01' FROM generate_series(1, 40) i;
INSERT INTO workflows SELECT i, 'w' || i FROM generate_series(1, 15) i;
INSERT INTO workflow_links SELECT i, (ARRAY[0, 1, -2])[1 + i % 3], 'owner' FROM generate_series(1, 15) i;
INSERT INTO executions SELECT i, 1 + i % 15, '1 second' FROM generate_series(1, 50) i;
-- A column that many tables have, by a name that no table has.
CREATE TABLE pages (id bigint PRIMARY KEY, tenant_id bigint NOT NULL, body text);
CREATE TABLE forums (id bigint PRIMARY KEY, tenant_id bigint NOT NULL, name text);
CREATE TABLE topics (id bigint PRIMARY KEY, tenant_id bigint NOT NULL, forum_id bigint NOT NULL);
CREATE TABLE slugs (id bigint PRIMARY KEY, tenant_id bigint, slug text);
INSERT INTO pages SELECT i, (ARRAY[0, 1, -2])[1 + i % 3], 'b' FROM generate_series(1, 30) i;
INSERT INTO forums SELECT i, (ARRAY[0, 1, -2])[1 + i % 3], 'f' FROM generate_series(1, 30) i;
INSERT INTO topics SELECT i, (ARRAY[0, 1, -2])[1 + i % 3], i FROM generate_series(1, 30) i;
INSERT INTO slugs SELECT i, (ARRAY[0, 1, -2])[1 + i % 3], 's' FROM generate_series(1, 30) i;
