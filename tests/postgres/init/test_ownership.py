"""Whose a table is: what names its tenant itself is the tenants', whatever its name says; a deed owns nothing."""

from __future__ import annotations

from tests.postgres.init.described import Describe

SHOPS = """
CREATE TABLE shops (id serial PRIMARY KEY, name text UNIQUE NOT NULL);
CREATE TABLE users (
    id serial PRIMARY KEY, shop_id int NOT NULL REFERENCES shops, email text UNIQUE NOT NULL, password text NOT NULL
);
INSERT INTO shops (name) SELECT 's' || i FROM generate_series(1, 4) i;
INSERT INTO users (shop_id, email, password) SELECT 1 + i % 4, 'u' || i || '@x.org', 'x' FROM generate_series(1, 8) i;
"""

WORDS = """
CREATE TABLE customers (
    id serial PRIMARY KEY, shop_id int NOT NULL REFERENCES shops, email text NOT NULL, password_hash text
);
CREATE TABLE roles (id serial PRIMARY KEY, shop_id int NOT NULL REFERENCES shops, created_by int REFERENCES users);
CREATE TABLE permissions (id serial PRIMARY KEY, shop_id int NOT NULL REFERENCES shops, action text);
CREATE TABLE role_permissions (
    role_id int REFERENCES roles, permission_id int REFERENCES permissions, PRIMARY KEY (role_id, permission_id)
);
CREATE TABLE sso_settings (id serial PRIMARY KEY, shop_id int NOT NULL UNIQUE REFERENCES shops, client_secret text);
CREATE TABLE training_sessions (
    id serial PRIMARY KEY, shop_id int NOT NULL REFERENCES shops, trainer_id int REFERENCES users
);
CREATE TABLE customer_tokens (id serial PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, token text);
CREATE TABLE shop_users (
    shop_id int NOT NULL REFERENCES shops, user_id int NOT NULL REFERENCES users, PRIMARY KEY (shop_id, user_id)
);
CREATE TABLE user_roles (
    shop_id int NOT NULL REFERENCES shops, user_id int NOT NULL REFERENCES users, role text,
    PRIMARY KEY (shop_id, user_id, role)
);
CREATE TABLE user_sessions (
    id serial PRIMARY KEY, shop_id int NOT NULL REFERENCES shops, user_id int NOT NULL REFERENCES users, token text
);
"""

DEEDS = """
CREATE TABLE currencies (code text PRIMARY KEY, updated_by int REFERENCES users);
CREATE TABLE categories (id serial PRIMARY KEY, creator_id int NOT NULL REFERENCES users);
CREATE TABLE statuses (id serial PRIMARY KEY, modified_by_id int REFERENCES users);
CREATE TABLE posts (id serial PRIMARY KEY, author_id int NOT NULL REFERENCES users, body text);
CREATE TABLE products (
    id serial PRIMARY KEY, shop_id int NOT NULL REFERENCES shops, category_id int REFERENCES categories,
    currency text REFERENCES currencies
);
INSERT INTO currencies VALUES ('EUR', 1), ('USD', 1);
INSERT INTO categories (creator_id) VALUES (1), (1);
INSERT INTO statuses (modified_by_id) VALUES (1);
INSERT INTO posts (author_id) SELECT 1 + i % 8 FROM generate_series(1, 30) i;
INSERT INTO products (shop_id, category_id, currency) SELECT 1 + i % 4, 1 + i % 2, 'EUR' FROM generate_series(1, 40) i;
"""

GLOBAL_USERS = SHOPS.replace("shop_id int NOT NULL REFERENCES shops, email", "email").replace(
    "(shop_id, email, password) SELECT 1 + i % 4, ", "(email, password) SELECT "
)


def test_a_table_that_names_its_tenant_is_the_tenants_whatever_its_name_says(described: Describe) -> None:
    made = described(SHOPS, WORDS)
    assert {name for name, target in made.targets.items() if target == "auth"} == {
        "shops", "users", "shop_users", "user_roles", "user_sessions"
    }  # fmt: skip
    # Without rows nobody can say over which of its two keys a link finds its tenant.
    assert {name for name, target in made.targets.items() if target == "?"} <= {"role_permissions"}
    assert not {name for name, target in made.targets.items() if target in ("shared", None)}


def test_who_wrote_a_row_does_not_own_it(described: Describe) -> None:
    made = described(SHOPS, DEEDS)
    assert made.targets == {
        "shops": "auth", "users": "auth", "currencies": "shared", "categories": "shared", "posts": "tenant",
        "products": "tenant", "statuses": "?",
    }  # fmt: skip


def test_who_wrote_a_row_does_not_draw_it_into_auth(described: Describe) -> None:
    made = described(GLOBAL_USERS, DEEDS)
    assert made.targets == {
        "shops": "auth", "users": "auth", "currencies": "shared", "categories": "shared", "posts": "auth",
        "products": "tenant", "statuses": "shared",
    }  # fmt: skip
