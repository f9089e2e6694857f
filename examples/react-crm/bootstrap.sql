-- What was there before the Alembic history began: the accounts and the first tables of the CRM, and the types that its
-- revisions use but never create (create_type=False). On an empty database: psql -f bootstrap.sql, then the history.

CREATE TYPE work_order_status_enum AS ENUM (
    'draft', 'scheduled', 'confirmed', 'enroute', 'on_site', 'in_progress', 'completed', 'canceled', 'requires_followup'
);
CREATE TYPE work_order_job_type_enum AS ENUM (
    'pumping', 'inspection', 'repair', 'installation', 'emergency', 'maintenance', 'grease_trap', 'camera_inspection'
);
CREATE TYPE work_order_priority_enum AS ENUM ('low', 'normal', 'high', 'urgent', 'emergency');

CREATE TABLE api_users (
    id               serial PRIMARY KEY,
    email            varchar(255) NOT NULL,
    hashed_password  varchar(255) NOT NULL,
    first_name       varchar(100),
    last_name        varchar(100),
    is_active        boolean DEFAULT true,
    is_superuser     boolean DEFAULT false,
    created_at       timestamptz DEFAULT now(),
    updated_at       timestamptz
);
CREATE INDEX ix_api_users_id ON api_users (id);
CREATE UNIQUE INDEX ix_api_users_email ON api_users (email);

CREATE TABLE customers (
    id             serial PRIMARY KEY,
    first_name     varchar(100),
    last_name      varchar(100) NOT NULL,
    company_name   varchar(200),
    email          varchar(255),
    phone          varchar(30),
    address_line1  varchar(255),
    city           varchar(100),
    state          varchar(2),
    postal_code    varchar(20),
    latitude       double precision,
    longitude      double precision,
    customer_type  varchar(30),
    tags           text[] NOT NULL DEFAULT '{}',
    notes          text,
    is_archived    boolean NOT NULL DEFAULT false,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz
);
CREATE INDEX ix_customers_id ON customers (id);
CREATE INDEX ix_customers_email ON customers (email);

CREATE TABLE work_orders (
    id                        varchar(36) PRIMARY KEY,
    customer_id               integer NOT NULL REFERENCES customers,
    technician_id             varchar(36),
    job_type                  work_order_job_type_enum NOT NULL,
    priority                  work_order_priority_enum DEFAULT 'normal',
    status                    work_order_status_enum DEFAULT 'draft',
    scheduled_date            date,
    time_window_start         time,
    time_window_end           time,
    estimated_duration_hours  numeric(5, 2),
    total_amount              numeric(10, 2),
    service_address           varchar(255),
    checklist                 jsonb,
    notes                     text,
    created_at                timestamptz NOT NULL DEFAULT now(),
    updated_at                timestamptz
);
CREATE INDEX ix_work_orders_id ON work_orders (id);
CREATE INDEX ix_work_orders_customer_id ON work_orders (customer_id);
CREATE INDEX ix_work_orders_technician_id ON work_orders (technician_id);

-- The messages of an earlier system were imported with customers that it no longer had.
CREATE TABLE messages (
    id           serial PRIMARY KEY,
    customer_id  integer,
    channel      varchar(20) NOT NULL,
    direction    varchar(10) NOT NULL,
    from_number  varchar(30),
    to_number    varchar(30),
    subject      varchar(255),
    body         text,
    status       varchar(20),
    external_id  varchar(100),
    sent_at      timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE messages ADD CONSTRAINT messages_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers NOT VALID;
