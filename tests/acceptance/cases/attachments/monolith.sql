-- Files are attached by polymorphic pairs, and pictures of files to these: all follow what they are attached to, those of
-- users to AUTH.
CREATE TABLE accounts (id bigserial PRIMARY KEY, name text UNIQUE NOT NULL);
CREATE TABLE users (id bigserial PRIMARY KEY, email text UNIQUE, encrypted_password text);
CREATE TABLE account_users (account_id bigint NOT NULL REFERENCES accounts, user_id bigint NOT NULL REFERENCES users, PRIMARY KEY (account_id, user_id));
CREATE TABLE messages (id bigserial PRIMARY KEY, account_id bigint NOT NULL REFERENCES accounts, body text);
CREATE TABLE active_storage_blobs (id bigserial PRIMARY KEY, key text NOT NULL UNIQUE, filename text NOT NULL, byte_size bigint);
CREATE TABLE active_storage_attachments (id bigserial PRIMARY KEY, name text NOT NULL, record_type text NOT NULL, record_id bigint NOT NULL, blob_id bigint NOT NULL REFERENCES active_storage_blobs, UNIQUE (record_type, record_id, name, blob_id));
CREATE TABLE active_storage_variant_records (id bigserial PRIMARY KEY, blob_id bigint NOT NULL REFERENCES active_storage_blobs, variation_digest text NOT NULL, UNIQUE (blob_id, variation_digest));
INSERT INTO accounts (name) SELECT 'a' || i FROM generate_series(1, 3) i;
INSERT INTO users (email, encrypted_password) SELECT 'u' || i, 'x' FROM generate_series(1, 6) i;
INSERT INTO account_users SELECT 1 + i % 3, i FROM generate_series(1, 6) i;
INSERT INTO messages (account_id, body) SELECT 1 + i % 3, 'x' FROM generate_series(1, 12) i;
INSERT INTO active_storage_blobs (key, filename) SELECT 'k' || i, 'f' FROM generate_series(1, 30) i;
INSERT INTO active_storage_attachments (name, record_type, record_id, blob_id) SELECT 'file', 'Message', i, i FROM generate_series(1, 12) i;
INSERT INTO active_storage_attachments (name, record_type, record_id, blob_id) SELECT 'avatar', 'User', i, 12 + i FROM generate_series(1, 6) i;
INSERT INTO active_storage_variant_records (blob_id, variation_digest) SELECT i, 'd' FROM generate_series(1, 18) i WHERE i % 3 = 0;
INSERT INTO active_storage_attachments (name, record_type, record_id, blob_id) SELECT 'image', 'ActiveStorage::VariantRecord', v.id, 18 + v.id FROM active_storage_variant_records v;
