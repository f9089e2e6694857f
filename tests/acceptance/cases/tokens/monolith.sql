-- Tokens belong to users (of several tenants each), to platform applications (of none), and to bots (of one tenant, or of
-- none). None of a user or an application is in a database of a tenant; a bot's follow their bot.
CREATE TABLE accounts (id serial PRIMARY KEY, name text UNIQUE NOT NULL);
CREATE TABLE users (id serial PRIMARY KEY, email text UNIQUE NOT NULL, encrypted_password text NOT NULL);
CREATE TABLE account_users (account_id int NOT NULL REFERENCES accounts, user_id int NOT NULL REFERENCES users, PRIMARY KEY (account_id, user_id));
CREATE TABLE platform_apps (id serial PRIMARY KEY, name text NOT NULL);
CREATE TABLE agent_bots (id serial PRIMARY KEY, account_id int REFERENCES accounts, name text);
CREATE TABLE access_tokens (id serial PRIMARY KEY, owner_type text NOT NULL, owner_id int NOT NULL, token text UNIQUE NOT NULL);
INSERT INTO accounts (name) SELECT 'account ' || i FROM generate_series(1, 9) i;
INSERT INTO users (email, encrypted_password) SELECT 'u' || i || '@example.org', md5(i::text) FROM generate_series(1, 17) i;
INSERT INTO account_users SELECT 1 + i % 9, i FROM generate_series(1, 17) i;
INSERT INTO platform_apps (name) SELECT 'app ' || i FROM generate_series(1, 23) i;
INSERT INTO agent_bots (account_id, name) SELECT 1 + i % 9, 'bot ' || i FROM generate_series(1, 10) i;
INSERT INTO agent_bots (account_id, name) SELECT NULL, 'global bot ' || i FROM generate_series(1, 3) i;
INSERT INTO access_tokens (owner_type, owner_id, token)
SELECT 'User', id, md5('u' || id) FROM users UNION ALL SELECT 'PlatformApp', id, md5('p' || id) FROM platform_apps UNION ALL SELECT 'AgentBot', id, md5('b' || id) FROM agent_bots WHERE account_id IS NOT NULL;
