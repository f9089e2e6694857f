-- Organisations in a tree, of which the one at the top is the tenant; some tables name them by their code.
CREATE TABLE organizations (
    id bigint PRIMARY KEY,
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    parent_id bigint REFERENCES organizations
);
CREATE TABLE users (id bigserial PRIMARY KEY, email text UNIQUE NOT NULL, password_hash text);
CREATE TABLE memberships (
    user_id bigint NOT NULL REFERENCES users,
    organization_id bigint NOT NULL REFERENCES organizations,
    PRIMARY KEY (user_id, organization_id)
);
-- Two levels: an organisation has projects, what is in a project is the organisation's.
CREATE TABLE projects (id bigserial PRIMARY KEY, organization_id bigint NOT NULL REFERENCES organizations, name text);
CREATE TABLE tasks (id bigserial PRIMARY KEY, project_id bigint NOT NULL REFERENCES projects, title text);
CREATE TABLE invoices (
    no int PRIMARY KEY,
    organization_code text NOT NULL REFERENCES organizations (code),
    total numeric
);
CREATE TABLE templates (id bigserial PRIMARY KEY, organization_id bigint REFERENCES organizations, body text);
CREATE TABLE template_uses (
    id bigserial PRIMARY KEY,
    template_id bigint NOT NULL REFERENCES templates,
    task_id bigint NOT NULL REFERENCES tasks
);

-- Ids 0 and negative; names that differ by case only, hold quotes, slashes and blanks, pass 63 bytes, or have no letter.
INSERT INTO organizations VALUES
    (0, 'acme', 'Acme', NULL), (-7, 'ACME', 'acme', NULL), (3, $$a "c/me' \ $$, 'quoted', NULL),
    (4, repeat('very long organisation ', 5), 'long', NULL), (5, repeat('very long organisation ', 5) || '!', 'long too', NULL),
    (6, '日本', 'none', NULL), (10, 'acme-north', 'North', 0), (11, 'acme-south', 'South', 0), (100, 'acme-north-1', 'N1', 10),
    (-70, 'ACME-1', 'A1', -7);
INSERT INTO users (email) VALUES ('a@x'), ('b@x');
INSERT INTO memberships VALUES (1, 0), (1, 100), (2, -70);
INSERT INTO projects (organization_id, name) SELECT id, 'of ' || name FROM organizations;
INSERT INTO tasks (project_id, title) SELECT p.id, 'task ' || i FROM projects p, generate_series(1, 3) i;
INSERT INTO invoices SELECT row_number() OVER (ORDER BY id), code, id FROM organizations;
INSERT INTO templates (organization_id, body) SELECT id, name FROM organizations UNION ALL SELECT NULL, 'for all';
INSERT INTO template_uses (template_id, task_id) SELECT t.id, k.id
    FROM templates t JOIN tasks k ON true JOIN projects p ON p.id = k.project_id
    WHERE coalesce(t.organization_id, p.organization_id) = p.organization_id;
