-- table public.chat_messages
CREATE TABLE public.chat_messages (
    id text NOT NULL,
    "projectId" text,
    "senderId" text NOT NULL,
    "parentId" text,
    content text,
    "readAt" timestamp(3) without time zone,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.ticket_responses
CREATE TABLE public.ticket_responses (
    id text NOT NULL,
    "ticketId" text NOT NULL,
    "authorId" text NOT NULL,
    content text,
    internal boolean DEFAULT false NOT NULL,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.tickets
CREATE TABLE public.tickets (
    id text NOT NULL,
    "companyId" text NOT NULL,
    "contactId" text,
    "assignedTo" text,
    number text NOT NULL,
    subject text NOT NULL,
    status public."TicketStatus" NOT NULL,
    priority public."Priority" NOT NULL,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);
