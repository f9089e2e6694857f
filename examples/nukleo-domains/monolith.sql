-- The unified database of an agency's hub, as Prisma made it: every model of eleven domains in the schema public, keys
-- that are CUIDs in text columns, names that need quotes.
--
-- This file makes types, tables and primary keys. monolith_after_load.sql adds the rest, which comes after the rows:
-- two foreign keys were never validated, because the rows would not pass.

-- Types ---------------------------------------------------------------------------------------------------------------

CREATE TYPE "UserRole" AS ENUM ('ADMIN', 'MANAGER', 'MEMBER', 'CLIENT');
CREATE TYPE "OpportunityStage" AS ENUM ('LEAD', 'QUALIFIED', 'PROPOSAL', 'WON', 'LOST');
CREATE TYPE "ProjectStatus" AS ENUM ('planned', 'active', 'on_hold', 'done');
CREATE TYPE "TaskStatus" AS ENUM ('TODO', 'IN_PROGRESS', 'REVIEW', 'DONE');
CREATE TYPE "Priority" AS ENUM ('LOW', 'MEDIUM', 'HIGH', 'URGENT');
CREATE TYPE "ApprovalStatus" AS ENUM ('PENDING', 'APPROVED', 'REJECTED');
CREATE TYPE "InvoiceStatus" AS ENUM ('DRAFT', 'SENT', 'PAID', 'OVERDUE');
CREATE TYPE "ContractStatus" AS ENUM ('DRAFT', 'SIGNED', 'EXPIRED', 'TERMINATED');
CREATE TYPE "EntityType" AS ENUM ('document', 'invoice', 'contract', 'vacation');
CREATE TYPE "TicketStatus" AS ENUM ('OPEN', 'WAITING', 'SOLVED');
CREATE TYPE "NotificationType" AS ENUM ('TASK', 'INVOICE', 'CONTRACT', 'SYSTEM');
CREATE TYPE "Channel" AS ENUM ('EMAIL', 'SMS', 'IN_APP');

-- USERS ---------------------------------------------------------------------------------------------------------------

CREATE TABLE "users" (
    "id"             TEXT NOT NULL,
    "email"          TEXT NOT NULL,
    "name"           TEXT,
    "role"           "UserRole" NOT NULL,
    "passwordHash"   TEXT,
    "emailVerified"  TIMESTAMP(3),
    "image"          TEXT,
    "locale"         TEXT NOT NULL,
    "createdAt"      TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"      TIMESTAMP(3) NOT NULL,
    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "sessions" (
    "id"            TEXT NOT NULL,
    "sessionToken"  TEXT NOT NULL,
    "userId"        TEXT NOT NULL,
    "expiresAt"     TIMESTAMP(3) NOT NULL,
    "createdAt"     TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"     TIMESTAMP(3) NOT NULL,
    CONSTRAINT "sessions_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "user_access" (
    "id"         TEXT NOT NULL,
    "userId"     TEXT NOT NULL,
    "module"     TEXT NOT NULL,
    "canRead"    BOOLEAN NOT NULL DEFAULT false,
    "canWrite"   BOOLEAN NOT NULL DEFAULT false,
    "createdAt"  TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"  TIMESTAMP(3) NOT NULL,
    CONSTRAINT "user_access_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "menu_permissions" (
    "id"         TEXT NOT NULL,
    "userId"     TEXT NOT NULL,
    "menu"       TEXT NOT NULL,
    "visible"    BOOLEAN NOT NULL DEFAULT false,
    "createdAt"  TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"  TIMESTAMP(3) NOT NULL,
    CONSTRAINT "menu_permissions_pkey" PRIMARY KEY ("id")
);

-- COMMERCIAL ----------------------------------------------------------------------------------------------------------

CREATE TABLE "client_categories" (
    "id"         TEXT NOT NULL,
    "name"       TEXT NOT NULL,
    "color"      TEXT,
    "createdAt"  TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"  TIMESTAMP(3) NOT NULL,
    CONSTRAINT "client_categories_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "companies" (
    "id"          TEXT NOT NULL,
    "name"        TEXT NOT NULL,
    "categoryId"  TEXT,
    "ownerId"     TEXT NOT NULL,
    "website"     TEXT,
    "city"        TEXT,
    "country"     TEXT,
    "metadata"    JSONB,
    "createdAt"   TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"   TIMESTAMP(3) NOT NULL,
    CONSTRAINT "companies_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "contacts" (
    "id"         TEXT NOT NULL,
    "companyId"  TEXT NOT NULL,
    "firstName"  TEXT,
    "lastName"   TEXT NOT NULL,
    "email"      TEXT,
    "phone"      TEXT,
    "notes"      TEXT,
    "deletedAt"  TIMESTAMP(3),
    "createdAt"  TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"  TIMESTAMP(3) NOT NULL,
    CONSTRAINT "contacts_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "opportunities" (
    "id"           TEXT NOT NULL,
    "companyId"    TEXT NOT NULL,
    "contactId"    TEXT,
    "ownerId"      TEXT NOT NULL,
    "title"        TEXT NOT NULL,
    "stage"        "OpportunityStage" NOT NULL,
    "value"        DECIMAL(12, 2) NOT NULL,
    "probability"  INTEGER NOT NULL,
    "closeDate"    DATE,
    "createdAt"    TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"    TIMESTAMP(3) NOT NULL,
    CONSTRAINT "opportunities_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "testimonials" (
    "id"         TEXT NOT NULL,
    "companyId"  TEXT NOT NULL,
    "contactId"  TEXT,
    "content"    TEXT NOT NULL,
    "rating"     INTEGER NOT NULL,
    "published"  BOOLEAN NOT NULL DEFAULT false,
    "createdAt"  TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"  TIMESTAMP(3) NOT NULL,
    CONSTRAINT "testimonials_pkey" PRIMARY KEY ("id")
);

-- PROJECTS ------------------------------------------------------------------------------------------------------------

CREATE TABLE "projects" (
    "id"         TEXT NOT NULL,
    "companyId"  TEXT NOT NULL,
    "managerId"  TEXT NOT NULL,
    "name"       TEXT NOT NULL,
    "status"     "ProjectStatus" NOT NULL,
    "budget"     DECIMAL(12, 2),
    "startDate"  DATE NOT NULL,
    "endDate"    DATE,
    "tags"       TEXT[] NOT NULL,
    "createdAt"  TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"  TIMESTAMP(3) NOT NULL,
    CONSTRAINT "projects_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "project_phases" (
    "id"         TEXT NOT NULL,
    "projectId"  TEXT NOT NULL,
    "name"       TEXT NOT NULL,
    "position"   INTEGER NOT NULL,
    "startDate"  DATE,
    "endDate"    DATE,
    "createdAt"  TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"  TIMESTAMP(3) NOT NULL,
    CONSTRAINT "project_phases_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "milestones" (
    "id"           TEXT NOT NULL,
    "projectId"    TEXT NOT NULL,
    "phaseId"      TEXT,
    "title"        TEXT NOT NULL,
    "dueDate"      DATE NOT NULL,
    "completedAt"  TIMESTAMP(3),
    "createdAt"    TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"    TIMESTAMP(3) NOT NULL,
    CONSTRAINT "milestones_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "tasks" (
    "id"           TEXT NOT NULL,
    "projectId"    TEXT NOT NULL,
    "phaseId"      TEXT,
    "parentId"     TEXT,
    "assignedTo"   TEXT,
    "title"        TEXT NOT NULL,
    "description"  TEXT,
    "status"       "TaskStatus" NOT NULL,
    "priority"     "Priority" NOT NULL,
    "dueDate"      DATE,
    "createdAt"    TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"    TIMESTAMP(3) NOT NULL,
    CONSTRAINT "tasks_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "documents" (
    "id"            TEXT NOT NULL,
    "projectId"     TEXT,
    "uploadedById"  TEXT NOT NULL,
    "name"          TEXT NOT NULL,
    "url"           TEXT NOT NULL,
    "mimeType"      TEXT NOT NULL,
    "size"          INTEGER NOT NULL,
    "createdAt"     TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"     TIMESTAMP(3) NOT NULL,
    CONSTRAINT "documents_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "task_documents" (
    "taskId"      TEXT NOT NULL,
    "documentId"  TEXT NOT NULL,
    "createdAt"   TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "task_documents_pkey" PRIMARY KEY ("taskId", "documentId")
);

-- TEAM ----------------------------------------------------------------------------------------------------------------

CREATE TABLE "employees" (
    "id"          TEXT NOT NULL,
    "userId"      TEXT NOT NULL,
    "managerId"   TEXT,
    "title"       TEXT NOT NULL,
    "hiredAt"     DATE NOT NULL,
    "hourlyRate"  DECIMAL(8, 2),
    "skills"      TEXT[] NOT NULL,
    "createdAt"   TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"   TIMESTAMP(3) NOT NULL,
    CONSTRAINT "employees_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "time_entries" (
    "id"           TEXT NOT NULL,
    "employeeId"   TEXT NOT NULL,
    "taskId"       TEXT,
    "date"         DATE NOT NULL,
    "hours"        DECIMAL(5, 2) NOT NULL,
    "description"  TEXT,
    "createdAt"    TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "time_entries_pkey" PRIMARY KEY ("id", "date")
) PARTITION BY RANGE ("date");
CREATE TABLE "time_entries_2022" PARTITION OF "time_entries" FOR VALUES FROM ('2022-01-01') TO ('2023-01-01');
CREATE TABLE "time_entries_2023" PARTITION OF "time_entries" FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE "time_entries_2024" PARTITION OF "time_entries" FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');

CREATE TABLE "weekly_timesheets" (
    "id"            TEXT NOT NULL,
    "employeeId"    TEXT NOT NULL,
    "weekStart"     DATE NOT NULL,
    "totalHours"    DECIMAL(5, 2) NOT NULL,
    "status"        "ApprovalStatus" NOT NULL,
    "approvedById"  TEXT,
    "createdAt"     TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"     TIMESTAMP(3) NOT NULL,
    CONSTRAINT "weekly_timesheets_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "vacation_requests" (
    "id"          TEXT NOT NULL,
    "employeeId"  TEXT NOT NULL,
    "startDate"   DATE NOT NULL,
    "endDate"     DATE NOT NULL,
    "status"      "ApprovalStatus" NOT NULL,
    "reason"      TEXT,
    "createdAt"   TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"   TIMESTAMP(3) NOT NULL,
    CONSTRAINT "vacation_requests_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "vacation_balances" (
    "id"          TEXT NOT NULL,
    "employeeId"  TEXT NOT NULL,
    "year"        INTEGER NOT NULL,
    "entitled"    DECIMAL(5, 1) NOT NULL,
    "taken"       DECIMAL(5, 1) NOT NULL,
    "createdAt"   TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"   TIMESTAMP(3) NOT NULL,
    CONSTRAINT "vacation_balances_pkey" PRIMARY KEY ("id")
);

-- BILLING -------------------------------------------------------------------------------------------------------------

CREATE TABLE "invoices" (
    "id"         TEXT NOT NULL,
    "clientId"   TEXT NOT NULL,
    "projectId"  TEXT,
    "number"     TEXT NOT NULL,
    "status"     "InvoiceStatus" NOT NULL,
    "issuedAt"   DATE NOT NULL,
    "dueDate"    DATE,
    "totalHt"    DECIMAL(12, 2) NOT NULL,
    "taxRate"    DECIMAL(5, 2) NOT NULL,
    "createdAt"  TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"  TIMESTAMP(3) NOT NULL,
    CONSTRAINT "invoices_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "invoice_items" (
    "id"           TEXT NOT NULL,
    "invoiceId"    TEXT NOT NULL,
    "taskId"       TEXT,
    "description"  TEXT,
    "quantity"     DECIMAL(10, 3) NOT NULL,
    "unitPrice"    DECIMAL(12, 4) NOT NULL,
    "createdAt"    TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"    TIMESTAMP(3) NOT NULL,
    CONSTRAINT "invoice_items_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "payments" (
    "id"         TEXT NOT NULL,
    "invoiceId"  TEXT NOT NULL,
    "amount"     DECIMAL(12, 2) NOT NULL,
    "method"     TEXT NOT NULL,
    "paidAt"     TIMESTAMP(3) NOT NULL,
    "createdAt"  TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"  TIMESTAMP(3) NOT NULL,
    CONSTRAINT "payments_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "payment_reminders" (
    "id"         TEXT NOT NULL,
    "invoiceId"  TEXT NOT NULL,
    "level"      INTEGER NOT NULL,
    "sentAt"     TIMESTAMP(3),
    "createdAt"  TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"  TIMESTAMP(3) NOT NULL,
    CONSTRAINT "payment_reminders_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "quotes" (
    "id"             TEXT NOT NULL,
    "companyId"      TEXT NOT NULL,
    "opportunityId"  TEXT,
    "number"         TEXT NOT NULL,
    "total"          DECIMAL(12, 2) NOT NULL,
    "validUntil"     DATE,
    "createdAt"      TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"      TIMESTAMP(3) NOT NULL,
    CONSTRAINT "quotes_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "submissions" (
    "id"             TEXT NOT NULL,
    "opportunityId"  TEXT NOT NULL,
    "documentId"     TEXT,
    "content"        TEXT,
    "submittedAt"    TIMESTAMP(3) NOT NULL,
    "createdAt"      TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"      TIMESTAMP(3) NOT NULL,
    CONSTRAINT "submissions_pkey" PRIMARY KEY ("id")
);

-- COMMUNICATION -------------------------------------------------------------------------------------------------------

CREATE TABLE "communication_clients" (
    "id"         TEXT NOT NULL,
    "companyId"  TEXT NOT NULL,
    "language"   TEXT NOT NULL,
    "tone"       TEXT,
    "createdAt"  TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"  TIMESTAMP(3) NOT NULL,
    CONSTRAINT "communication_clients_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "communication_strategies" (
    "id"         TEXT NOT NULL,
    "clientId"   TEXT NOT NULL,
    "title"      TEXT NOT NULL,
    "content"    TEXT,
    "validFrom"  DATE NOT NULL,
    "createdAt"  TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"  TIMESTAMP(3) NOT NULL,
    CONSTRAINT "communication_strategies_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "content_calendars" (
    "id"          TEXT NOT NULL,
    "strategyId"  TEXT NOT NULL,
    "startsOn"    DATE NOT NULL,
    "entries"     JSONB,
    "createdAt"   TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"   TIMESTAMP(3) NOT NULL,
    CONSTRAINT "content_calendars_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "newsletters" (
    "id"         TEXT NOT NULL,
    "clientId"   TEXT NOT NULL,
    "subject"    TEXT NOT NULL,
    "html"       TEXT,
    "sentAt"     TIMESTAMP(3),
    "createdAt"  TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"  TIMESTAMP(3) NOT NULL,
    CONSTRAINT "newsletters_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "campaigns" (
    "id"            TEXT NOT NULL,
    "clientId"      TEXT NOT NULL,
    "newsletterId"  TEXT,
    "name"          TEXT NOT NULL,
    "budget"        DECIMAL(12, 2),
    "metrics"       JSONB,
    "startDate"     DATE NOT NULL,
    "endDate"       DATE,
    "createdAt"     TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"     TIMESTAMP(3) NOT NULL,
    CONSTRAINT "campaigns_pkey" PRIMARY KEY ("id")
);

-- CONTRACTS -----------------------------------------------------------------------------------------------------------

CREATE TABLE "contract_templates" (
    "id"         TEXT NOT NULL,
    "name"       TEXT NOT NULL,
    "body"       TEXT,
    "version"    INTEGER NOT NULL,
    "active"     BOOLEAN NOT NULL DEFAULT false,
    "createdAt"  TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"  TIMESTAMP(3) NOT NULL,
    CONSTRAINT "contract_templates_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "contracts" (
    "id"          TEXT NOT NULL,
    "companyId"   TEXT NOT NULL,
    "templateId"  TEXT,
    "projectId"   TEXT,
    "number"      TEXT NOT NULL,
    "status"      "ContractStatus" NOT NULL,
    "value"       DECIMAL(14, 2) NOT NULL,
    "startDate"   DATE NOT NULL,
    "endDate"     DATE,
    "createdAt"   TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"   TIMESTAMP(3) NOT NULL,
    CONSTRAINT "contracts_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "contract_signatures" (
    "id"          TEXT NOT NULL,
    "contractId"  TEXT NOT NULL,
    "contactId"   TEXT NOT NULL,
    "signedAt"    TIMESTAMP(3) NOT NULL,
    "ip"          INET,
    "signature"   BYTEA,
    "createdAt"   TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"   TIMESTAMP(3) NOT NULL,
    CONSTRAINT "contract_signatures_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "contract_renewals" (
    "id"          TEXT NOT NULL,
    "contractId"  TEXT NOT NULL,
    "newEndDate"  DATE NOT NULL,
    "notes"       TEXT,
    "createdAt"   TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"   TIMESTAMP(3) NOT NULL,
    CONSTRAINT "contract_renewals_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "contract_amendments" (
    "id"          TEXT NOT NULL,
    "contractId"  TEXT NOT NULL,
    "position"    INTEGER NOT NULL,
    "content"     TEXT,
    "approvedAt"  TIMESTAMP(3),
    "createdAt"   TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"   TIMESTAMP(3) NOT NULL,
    CONSTRAINT "contract_amendments_pkey" PRIMARY KEY ("id")
);

-- APPROVALS -----------------------------------------------------------------------------------------------------------

CREATE TABLE "approval_workflows" (
    "id"          TEXT NOT NULL,
    "name"        TEXT NOT NULL,
    "entityType"  "EntityType" NOT NULL,
    "active"      BOOLEAN NOT NULL DEFAULT false,
    "createdAt"   TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"   TIMESTAMP(3) NOT NULL,
    CONSTRAINT "approval_workflows_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "approval_steps" (
    "id"          TEXT NOT NULL,
    "workflowId"  TEXT NOT NULL,
    "approverId"  TEXT NOT NULL,
    "position"    INTEGER NOT NULL,
    "label"       TEXT NOT NULL,
    "createdAt"   TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"   TIMESTAMP(3) NOT NULL,
    CONSTRAINT "approval_steps_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "approval_signatures" (
    "id"          TEXT NOT NULL,
    "stepId"      TEXT NOT NULL,
    "signerId"    TEXT NOT NULL,
    "documentId"  TEXT,
    "status"      "ApprovalStatus" NOT NULL,
    "signedAt"    TIMESTAMP(3),
    "comment"     TEXT,
    "createdAt"   TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"   TIMESTAMP(3) NOT NULL,
    CONSTRAINT "approval_signatures_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "approval_history" (
    "id"          TEXT NOT NULL,
    "workflowId"  TEXT NOT NULL,
    "actorId"     TEXT,
    "action"      TEXT NOT NULL,
    "payload"     JSONB,
    "createdAt"   TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "approval_history_pkey" PRIMARY KEY ("id")
);

-- SUPPORT -------------------------------------------------------------------------------------------------------------

CREATE TABLE "tickets" (
    "id"          TEXT NOT NULL,
    "companyId"   TEXT NOT NULL,
    "contactId"   TEXT,
    "assignedTo"  TEXT,
    "number"      TEXT NOT NULL,
    "subject"     TEXT NOT NULL,
    "status"      "TicketStatus" NOT NULL,
    "priority"    "Priority" NOT NULL,
    "createdAt"   TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"   TIMESTAMP(3) NOT NULL,
    CONSTRAINT "tickets_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "ticket_responses" (
    "id"         TEXT NOT NULL,
    "ticketId"   TEXT NOT NULL,
    "authorId"   TEXT NOT NULL,
    "content"    TEXT,
    "internal"   BOOLEAN NOT NULL DEFAULT false,
    "createdAt"  TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"  TIMESTAMP(3) NOT NULL,
    CONSTRAINT "ticket_responses_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "chat_messages" (
    "id"         TEXT NOT NULL,
    "projectId"  TEXT,
    "senderId"   TEXT NOT NULL,
    "parentId"   TEXT,
    "content"    TEXT,
    "readAt"     TIMESTAMP(3),
    "createdAt"  TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"  TIMESTAMP(3) NOT NULL,
    CONSTRAINT "chat_messages_pkey" PRIMARY KEY ("id")
);

-- NOTIFICATIONS -------------------------------------------------------------------------------------------------------

CREATE TABLE "notifications" (
    "id"         TEXT NOT NULL,
    "userId"     TEXT NOT NULL,
    "type"       "NotificationType" NOT NULL,
    "title"      TEXT NOT NULL,
    "message"    TEXT,
    "readAt"     TIMESTAMP(3),
    "createdAt"  TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"  TIMESTAMP(3) NOT NULL,
    CONSTRAINT "notifications_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "notification_preferences" (
    "id"         TEXT NOT NULL,
    "userId"     TEXT NOT NULL,
    "channel"    "Channel" NOT NULL,
    "enabled"    BOOLEAN NOT NULL DEFAULT false,
    "createdAt"  TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"  TIMESTAMP(3) NOT NULL,
    CONSTRAINT "notification_preferences_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "activity_logs" (
    "id"          BIGSERIAL NOT NULL,
    "userId"      TEXT,
    "action"      TEXT NOT NULL,
    "entityType"  "EntityType" NOT NULL,
    "entityId"    TEXT,
    "details"     JSONB,
    "createdAt"   TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "activity_logs_pkey" PRIMARY KEY ("id")
);

-- SYSTEM --------------------------------------------------------------------------------------------------------------

CREATE TABLE "api_keys" (
    "id"          TEXT NOT NULL,
    "userId"      TEXT NOT NULL,
    "name"        TEXT NOT NULL,
    "keyHash"     TEXT NOT NULL,
    "expiresAt"   TIMESTAMP(3),
    "lastUsedAt"  TIMESTAMP(3),
    "createdAt"   TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"   TIMESTAMP(3) NOT NULL,
    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "system_settings" (
    "key"          TEXT NOT NULL,
    "value"        JSONB NOT NULL,
    "description"  TEXT,
    "createdAt"    TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"    TIMESTAMP(3) NOT NULL,
    CONSTRAINT "system_settings_pkey" PRIMARY KEY ("key")
);

CREATE TABLE "policies" (
    "id"         TEXT NOT NULL,
    "title"      TEXT NOT NULL,
    "slug"       TEXT NOT NULL,
    "content"    TEXT,
    "version"    INTEGER NOT NULL,
    "createdAt"  TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"  TIMESTAMP(3) NOT NULL,
    CONSTRAINT "policies_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "policy_acknowledgments" (
    "id"              TEXT NOT NULL,
    "policyId"        TEXT NOT NULL,
    "userId"          TEXT NOT NULL,
    "acknowledgedAt"  TIMESTAMP(3) NOT NULL,
    "createdAt"       TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"       TIMESTAMP(3) NOT NULL,
    CONSTRAINT "policy_acknowledgments_pkey" PRIMARY KEY ("id")
);
