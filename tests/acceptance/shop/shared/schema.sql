CREATE TABLE units (code text PRIMARY KEY, label text NOT NULL);
