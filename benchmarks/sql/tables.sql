-- The tables of a company, as they are filled: no keys, no indexes. In the monolith and in each company's database.
CREATE TABLE customers (
    id bigint NOT NULL,
    tenant_id integer NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    active boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    note text
);

CREATE TABLE orders (
    id bigint NOT NULL,
    tenant_id integer NOT NULL,
    customer_id bigint NOT NULL,
    number text NOT NULL,
    status text NOT NULL,
    total numeric(12, 2) NOT NULL,
    placed_at timestamp with time zone NOT NULL,
    note text
);

-- Its tenant is one hop away: the order's.
CREATE TABLE lines (
    id bigint NOT NULL,
    order_id bigint NOT NULL,
    position integer NOT NULL,
    article text NOT NULL,
    quantity numeric(12, 3) NOT NULL,
    price numeric(12, 2) NOT NULL,
    note text
);
