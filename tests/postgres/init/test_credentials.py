"""Credentials, sessions and personal data are never shared, replicated or put into quarantine by init's proposal."""

from __future__ import annotations

from tests.postgres.init.described import Describe

PEOPLE = """
CREATE TABLE organizations (id serial PRIMARY KEY, slug text UNIQUE NOT NULL);
CREATE TABLE auth_user (id serial PRIMARY KEY, username text UNIQUE NOT NULL, email text, password text NOT NULL);
CREATE TABLE countries (code text PRIMARY KEY, name text);
CREATE TABLE projects (
    id serial PRIMARY KEY, organization_id int NOT NULL REFERENCES organizations, country text REFERENCES countries
);
INSERT INTO organizations (slug) VALUES ('a'), ('b'), ('c');
INSERT INTO auth_user (username, email, password)
SELECT 'u' || i, 'u' || i || '@x.org', 'x' FROM generate_series(1, 6) i;
INSERT INTO countries VALUES ('FR', 'France');
INSERT INTO projects (organization_id, country) SELECT 1 + i % 3, 'FR' FROM generate_series(1, 10) i;
"""

UNCONNECTED = """
CREATE TABLE django_content_type (id serial PRIMARY KEY, app_label text, model text);
CREATE TABLE auth_permission (
    id serial PRIMARY KEY, content_type_id int NOT NULL REFERENCES django_content_type, codename text
);
CREATE TABLE auth_group (id serial PRIMARY KEY, name text UNIQUE);
CREATE TABLE auth_group_permissions (
    id serial PRIMARY KEY, group_id int REFERENCES auth_group, permission_id int REFERENCES auth_permission
);
CREATE TABLE django_session (session_key text PRIMARY KEY, session_data text, expire_date timestamptz);
CREATE TABLE session (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp NOT NULL);
CREATE TABLE password (id serial PRIMARY KEY, person int, hash text);
CREATE TABLE personal_access_tokens (id serial PRIMARY KEY, tokenable_type text, tokenable_id int, token text UNIQUE);
CREATE TABLE subscribers (id serial PRIMARY KEY, email text);
CREATE TABLE webhooks (id serial PRIMARY KEY, url text, secret text);
CREATE TABLE voters (id serial PRIMARY KEY, first_name text, last_name text);
INSERT INTO django_content_type (app_label, model) VALUES ('p', 'project');
INSERT INTO auth_permission (content_type_id, codename) VALUES (1, 'add');
INSERT INTO auth_group (name) VALUES ('g');
INSERT INTO auth_group_permissions (group_id, permission_id) VALUES (1, 1);
INSERT INTO personal_access_tokens (tokenable_type, tokenable_id, token)
SELECT 'App\\Models\\AuthUser', i, md5(i::text) FROM generate_series(1, 6) i;
"""

MIXED = """
CREATE TABLE api_keys (id serial PRIMARY KEY, organization_id int REFERENCES organizations, project_id int REFERENCES
    projects, key text);
CREATE TABLE contacts (id serial PRIMARY KEY, organization_id int REFERENCES organizations, email text);
CREATE TABLE deliveries (id serial PRIMARY KEY, organization_id int, signing_secret text);
CREATE TABLE comments (id serial PRIMARY KEY, commentable_type text NOT NULL, commentable_id int NOT NULL, body text);
INSERT INTO api_keys (organization_id, project_id, key)
SELECT CASE WHEN i % 4 > 0 THEN i % 4 END, NULL, md5(i::text) FROM generate_series(1, 20) i;
INSERT INTO contacts (organization_id, email)
SELECT CASE WHEN i > 2 THEN 1 + i % 3 END, 'x@y.z' FROM generate_series(1, 200) i;
INSERT INTO deliveries (organization_id, signing_secret)
SELECT CASE WHEN i > 2 THEN 1 + i % 3 ELSE 99 END, 'x' FROM generate_series(1, 200) i;
INSERT INTO comments (commentable_type, commentable_id)
SELECT 'Project', i FROM generate_series(1, 10) i UNION ALL SELECT 'AuthUser', i FROM generate_series(1, 5) i;
"""


def test_tables_without_a_tenant_go_to_auth_or_are_asked_about(described: Describe) -> None:
    made = described(PEOPLE, UNCONNECTED)
    asked = {"webhooks"}
    assert {name for name, target in made.targets.items() if target == "?"} == asked
    assert {name for name, target in made.targets.items() if target == "shared"} == {"countries"}
    assert {name for name, target in made.targets.items() if target == "tenant"} == {"projects"}
    assert "personal data (email)" in made.tables["subscribers"]["reason"]
    assert "secret (secret)" in made.tables["webhooks"]["reason"]
    # The page ends with what is left to a person; what was inferred is in the file.
    titles = [section["title"] for section in made.answer.document["sections"]]
    assert titles[-2:] == ["To be looked at", "To be decided"]


def test_rows_without_a_tenant_go_to_auth_or_are_asked_about(described: Describe) -> None:
    made = described(PEOPLE, MIXED)
    assert {name: entry["unowned"] for name, entry in made.tables.items() if "unowned" in entry} == {
        "api_keys": "auth",
        "comments": "auth",
    }
    assert {name for name, target in made.targets.items() if target == "?"} == {"contacts", "deliveries"}
    # Each reason is true of the rows that it speaks of.
    assert "5 of 20 rows have no tenant" in made.tables["api_keys"]["reason"]
    assert "5 of 15 rows have no tenant: 5 name rows of auth_user in AUTH" in made.tables["comments"]["reason"]
    assert "2 of 200 rows have no tenant" in made.tables["contacts"]["reason"]
    assert "2 of 200 rows have the key of no tenant" in made.tables["deliveries"]["reason"]
