-- table public.invoice_items
CREATE TABLE public.invoice_items (
    id text NOT NULL,
    "invoiceId" text NOT NULL,
    "taskId" text,
    description text,
    quantity numeric(10,3) NOT NULL,
    "unitPrice" numeric(12,4) NOT NULL,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.invoices
CREATE TABLE public.invoices (
    id text NOT NULL,
    "clientId" text NOT NULL,
    "projectId" text,
    number text NOT NULL,
    status public."InvoiceStatus" NOT NULL,
    "issuedAt" date NOT NULL,
    "dueDate" date,
    "totalHt" numeric(12,2) NOT NULL,
    "taxRate" numeric(5,2) NOT NULL,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.payment_reminders
CREATE TABLE public.payment_reminders (
    id text NOT NULL,
    "invoiceId" text NOT NULL,
    level integer NOT NULL,
    "sentAt" timestamp(3) without time zone,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.payments
CREATE TABLE public.payments (
    id text NOT NULL,
    "invoiceId" text NOT NULL,
    amount numeric(12,2) NOT NULL,
    method text NOT NULL,
    "paidAt" timestamp(3) without time zone NOT NULL,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.quotes
CREATE TABLE public.quotes (
    id text NOT NULL,
    "companyId" text NOT NULL,
    "opportunityId" text,
    number text NOT NULL,
    total numeric(12,2) NOT NULL,
    "validUntil" date,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.submissions
CREATE TABLE public.submissions (
    id text NOT NULL,
    "opportunityId" text NOT NULL,
    "documentId" text,
    content text,
    "submittedAt" timestamp(3) without time zone NOT NULL,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);
