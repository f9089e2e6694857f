-- Indexes, foreign keys, a policy and a materialized view of the unified database. Run it after monolith.sql, and after
-- the rows where there are any.

-- Indexes -------------------------------------------------------------------------------------------------------------

CREATE INDEX "idx_opportunities_stage" ON "opportunities" ("stage");
CREATE INDEX "idx_projects_status" ON "projects" ("status");
CREATE INDEX "idx_tasks_assigned_to" ON "tasks" ("assignedTo");
CREATE INDEX "idx_invoices_client_id" ON "invoices" ("clientId");
CREATE UNIQUE INDEX "users_email_key" ON "users" ("email");
CREATE UNIQUE INDEX "sessions_sessionToken_key" ON "sessions" ("sessionToken");
CREATE UNIQUE INDEX "user_access_userId_module_key" ON "user_access" ("userId", "module");
CREATE UNIQUE INDEX "menu_permissions_userId_menu_key" ON "menu_permissions" ("userId", "menu");
CREATE UNIQUE INDEX "client_categories_name_key" ON "client_categories" ("name");
CREATE UNIQUE INDEX "employees_userId_key" ON "employees" ("userId");
CREATE UNIQUE INDEX "vacation_balances_employeeId_year_key" ON "vacation_balances" ("employeeId", "year");
CREATE UNIQUE INDEX "invoices_number_key" ON "invoices" ("number");
CREATE UNIQUE INDEX "quotes_number_key" ON "quotes" ("number");
CREATE UNIQUE INDEX "communication_clients_companyId_key" ON "communication_clients" ("companyId");
CREATE UNIQUE INDEX "contract_templates_name_key" ON "contract_templates" ("name");
CREATE UNIQUE INDEX "contracts_number_key" ON "contracts" ("number");
CREATE UNIQUE INDEX "tickets_number_key" ON "tickets" ("number");
CREATE UNIQUE INDEX "notification_preferences_userId_channel_key" ON "notification_preferences" ("userId", "channel");
CREATE UNIQUE INDEX "api_keys_keyHash_key" ON "api_keys" ("keyHash");
CREATE UNIQUE INDEX "policies_slug_key" ON "policies" ("slug");
CREATE UNIQUE INDEX "policy_acknowledgments_policyId_userId_key" ON "policy_acknowledgments" ("policyId", "userId");

-- USERS ---------------------------------------------------------------------------------------------------------------

ALTER TABLE "sessions" ADD CONSTRAINT "sessions_userId_fkey"
    FOREIGN KEY ("userId") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "user_access" ADD CONSTRAINT "user_access_userId_fkey"
    FOREIGN KEY ("userId") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "menu_permissions" ADD CONSTRAINT "menu_permissions_userId_fkey"
    FOREIGN KEY ("userId") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- COMMERCIAL ----------------------------------------------------------------------------------------------------------

ALTER TABLE "companies" ADD CONSTRAINT "companies_categoryId_fkey"
    FOREIGN KEY ("categoryId") REFERENCES "client_categories" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "companies" ADD CONSTRAINT "companies_ownerId_fkey"
    FOREIGN KEY ("ownerId") REFERENCES "users" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "contacts" ADD CONSTRAINT "contacts_companyId_fkey"
    FOREIGN KEY ("companyId") REFERENCES "companies" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "opportunities" ADD CONSTRAINT "opportunities_companyId_fkey"
    FOREIGN KEY ("companyId") REFERENCES "companies" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "opportunities" ADD CONSTRAINT "opportunities_contactId_fkey"
    FOREIGN KEY ("contactId") REFERENCES "contacts" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "opportunities" ADD CONSTRAINT "opportunities_ownerId_fkey"
    FOREIGN KEY ("ownerId") REFERENCES "users" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "testimonials" ADD CONSTRAINT "testimonials_companyId_fkey"
    FOREIGN KEY ("companyId") REFERENCES "companies" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "testimonials" ADD CONSTRAINT "testimonials_contactId_fkey"
    FOREIGN KEY ("contactId") REFERENCES "contacts" ("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- PROJECTS ------------------------------------------------------------------------------------------------------------

ALTER TABLE "projects" ADD CONSTRAINT "projects_companyId_fkey"
    FOREIGN KEY ("companyId") REFERENCES "companies" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "projects" ADD CONSTRAINT "projects_managerId_fkey"
    FOREIGN KEY ("managerId") REFERENCES "users" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "project_phases" ADD CONSTRAINT "project_phases_projectId_fkey"
    FOREIGN KEY ("projectId") REFERENCES "projects" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "milestones" ADD CONSTRAINT "milestones_projectId_fkey"
    FOREIGN KEY ("projectId") REFERENCES "projects" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "milestones" ADD CONSTRAINT "milestones_phaseId_fkey"
    FOREIGN KEY ("phaseId") REFERENCES "project_phases" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_projectId_fkey"
    FOREIGN KEY ("projectId") REFERENCES "projects" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_phaseId_fkey"
    FOREIGN KEY ("phaseId") REFERENCES "project_phases" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_parentId_fkey"
    FOREIGN KEY ("parentId") REFERENCES "tasks" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_assignedTo_fkey"
    FOREIGN KEY ("assignedTo") REFERENCES "users" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "documents" ADD CONSTRAINT "documents_projectId_fkey"
    FOREIGN KEY ("projectId") REFERENCES "projects" ("id") ON DELETE SET NULL ON UPDATE CASCADE NOT VALID;
ALTER TABLE "documents" ADD CONSTRAINT "documents_uploadedById_fkey"
    FOREIGN KEY ("uploadedById") REFERENCES "users" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "task_documents" ADD CONSTRAINT "task_documents_taskId_fkey"
    FOREIGN KEY ("taskId") REFERENCES "tasks" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "task_documents" ADD CONSTRAINT "task_documents_documentId_fkey"
    FOREIGN KEY ("documentId") REFERENCES "documents" ("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- TEAM ----------------------------------------------------------------------------------------------------------------

ALTER TABLE "employees" ADD CONSTRAINT "employees_userId_fkey"
    FOREIGN KEY ("userId") REFERENCES "users" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "employees" ADD CONSTRAINT "employees_managerId_fkey"
    FOREIGN KEY ("managerId") REFERENCES "employees" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "time_entries" ADD CONSTRAINT "time_entries_employeeId_fkey"
    FOREIGN KEY ("employeeId") REFERENCES "employees" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "time_entries" ADD CONSTRAINT "time_entries_taskId_fkey"
    FOREIGN KEY ("taskId") REFERENCES "tasks" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "weekly_timesheets" ADD CONSTRAINT "weekly_timesheets_employeeId_fkey"
    FOREIGN KEY ("employeeId") REFERENCES "employees" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "weekly_timesheets" ADD CONSTRAINT "weekly_timesheets_approvedById_fkey"
    FOREIGN KEY ("approvedById") REFERENCES "employees" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "vacation_requests" ADD CONSTRAINT "vacation_requests_employeeId_fkey"
    FOREIGN KEY ("employeeId") REFERENCES "employees" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "vacation_balances" ADD CONSTRAINT "vacation_balances_employeeId_fkey"
    FOREIGN KEY ("employeeId") REFERENCES "employees" ("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- BILLING -------------------------------------------------------------------------------------------------------------

ALTER TABLE "invoices" ADD CONSTRAINT "invoices_clientId_fkey"
    FOREIGN KEY ("clientId") REFERENCES "companies" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "invoices" ADD CONSTRAINT "invoices_projectId_fkey"
    FOREIGN KEY ("projectId") REFERENCES "projects" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "invoice_items" ADD CONSTRAINT "invoice_items_invoiceId_fkey"
    FOREIGN KEY ("invoiceId") REFERENCES "invoices" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "invoice_items" ADD CONSTRAINT "invoice_items_taskId_fkey"
    FOREIGN KEY ("taskId") REFERENCES "tasks" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "payments" ADD CONSTRAINT "payments_invoiceId_fkey"
    FOREIGN KEY ("invoiceId") REFERENCES "invoices" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "payment_reminders" ADD CONSTRAINT "payment_reminders_invoiceId_fkey"
    FOREIGN KEY ("invoiceId") REFERENCES "invoices" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "quotes" ADD CONSTRAINT "quotes_companyId_fkey"
    FOREIGN KEY ("companyId") REFERENCES "companies" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "quotes" ADD CONSTRAINT "quotes_opportunityId_fkey"
    FOREIGN KEY ("opportunityId") REFERENCES "opportunities" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "submissions" ADD CONSTRAINT "submissions_opportunityId_fkey"
    FOREIGN KEY ("opportunityId") REFERENCES "opportunities" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "submissions" ADD CONSTRAINT "submissions_documentId_fkey"
    FOREIGN KEY ("documentId") REFERENCES "documents" ("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- COMMUNICATION -------------------------------------------------------------------------------------------------------

ALTER TABLE "communication_clients" ADD CONSTRAINT "communication_clients_companyId_fkey"
    FOREIGN KEY ("companyId") REFERENCES "companies" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "communication_strategies" ADD CONSTRAINT "communication_strategies_clientId_fkey"
    FOREIGN KEY ("clientId") REFERENCES "communication_clients" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "content_calendars" ADD CONSTRAINT "content_calendars_strategyId_fkey"
    FOREIGN KEY ("strategyId") REFERENCES "communication_strategies" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "newsletters" ADD CONSTRAINT "newsletters_clientId_fkey"
    FOREIGN KEY ("clientId") REFERENCES "communication_clients" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "campaigns" ADD CONSTRAINT "campaigns_clientId_fkey"
    FOREIGN KEY ("clientId") REFERENCES "communication_clients" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "campaigns" ADD CONSTRAINT "campaigns_newsletterId_fkey"
    FOREIGN KEY ("newsletterId") REFERENCES "newsletters" ("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- CONTRACTS -----------------------------------------------------------------------------------------------------------

ALTER TABLE "contracts" ADD CONSTRAINT "contracts_companyId_fkey"
    FOREIGN KEY ("companyId") REFERENCES "companies" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "contracts" ADD CONSTRAINT "contracts_templateId_fkey"
    FOREIGN KEY ("templateId") REFERENCES "contract_templates" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "contracts" ADD CONSTRAINT "contracts_projectId_fkey"
    FOREIGN KEY ("projectId") REFERENCES "projects" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "contract_signatures" ADD CONSTRAINT "contract_signatures_contractId_fkey"
    FOREIGN KEY ("contractId") REFERENCES "contracts" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "contract_signatures" ADD CONSTRAINT "contract_signatures_contactId_fkey"
    FOREIGN KEY ("contactId") REFERENCES "contacts" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "contract_renewals" ADD CONSTRAINT "contract_renewals_contractId_fkey"
    FOREIGN KEY ("contractId") REFERENCES "contracts" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "contract_amendments" ADD CONSTRAINT "contract_amendments_contractId_fkey"
    FOREIGN KEY ("contractId") REFERENCES "contracts" ("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- APPROVALS -----------------------------------------------------------------------------------------------------------

ALTER TABLE "approval_steps" ADD CONSTRAINT "approval_steps_workflowId_fkey"
    FOREIGN KEY ("workflowId") REFERENCES "approval_workflows" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "approval_steps" ADD CONSTRAINT "approval_steps_approverId_fkey"
    FOREIGN KEY ("approverId") REFERENCES "users" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "approval_signatures" ADD CONSTRAINT "approval_signatures_stepId_fkey"
    FOREIGN KEY ("stepId") REFERENCES "approval_steps" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "approval_signatures" ADD CONSTRAINT "approval_signatures_signerId_fkey"
    FOREIGN KEY ("signerId") REFERENCES "users" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "approval_signatures" ADD CONSTRAINT "approval_signatures_documentId_fkey"
    FOREIGN KEY ("documentId") REFERENCES "documents" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "approval_history" ADD CONSTRAINT "approval_history_workflowId_fkey"
    FOREIGN KEY ("workflowId") REFERENCES "approval_workflows" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "approval_history" ADD CONSTRAINT "approval_history_actorId_fkey"
    FOREIGN KEY ("actorId") REFERENCES "users" ("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- SUPPORT -------------------------------------------------------------------------------------------------------------

ALTER TABLE "tickets" ADD CONSTRAINT "tickets_companyId_fkey"
    FOREIGN KEY ("companyId") REFERENCES "companies" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "tickets" ADD CONSTRAINT "tickets_contactId_fkey"
    FOREIGN KEY ("contactId") REFERENCES "contacts" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "tickets" ADD CONSTRAINT "tickets_assignedTo_fkey"
    FOREIGN KEY ("assignedTo") REFERENCES "users" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "ticket_responses" ADD CONSTRAINT "ticket_responses_ticketId_fkey"
    FOREIGN KEY ("ticketId") REFERENCES "tickets" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "ticket_responses" ADD CONSTRAINT "ticket_responses_authorId_fkey"
    FOREIGN KEY ("authorId") REFERENCES "users" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "chat_messages" ADD CONSTRAINT "chat_messages_projectId_fkey"
    FOREIGN KEY ("projectId") REFERENCES "projects" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "chat_messages" ADD CONSTRAINT "chat_messages_senderId_fkey"
    FOREIGN KEY ("senderId") REFERENCES "users" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "chat_messages" ADD CONSTRAINT "chat_messages_parentId_fkey"
    FOREIGN KEY ("parentId") REFERENCES "chat_messages" ("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- NOTIFICATIONS -------------------------------------------------------------------------------------------------------

ALTER TABLE "notifications" ADD CONSTRAINT "notifications_userId_fkey"
    FOREIGN KEY ("userId") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "notification_preferences" ADD CONSTRAINT "notification_preferences_userId_fkey"
    FOREIGN KEY ("userId") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "activity_logs" ADD CONSTRAINT "activity_logs_userId_fkey"
    FOREIGN KEY ("userId") REFERENCES "users" ("id") ON DELETE SET NULL ON UPDATE CASCADE NOT VALID;

-- SYSTEM --------------------------------------------------------------------------------------------------------------

ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_userId_fkey"
    FOREIGN KEY ("userId") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "policy_acknowledgments" ADD CONSTRAINT "policy_acknowledgments_policyId_fkey"
    FOREIGN KEY ("policyId") REFERENCES "policies" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "policy_acknowledgments" ADD CONSTRAINT "policy_acknowledgments_userId_fkey"
    FOREIGN KEY ("userId") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
-- A policy, and numbers for the dashboard -----------------------------------------------------------------------------

-- The application says who is there: SET app.current_user_id = '…'.
CREATE FUNCTION current_user_id() RETURNS text LANGUAGE sql STABLE
    RETURN current_setting('app.current_user_id', true);

ALTER TABLE "projects" ENABLE ROW LEVEL SECURITY;
CREATE POLICY project_access ON "projects" USING ("managerId" = current_user_id());

CREATE MATERIALIZED VIEW dashboard_stats AS
    SELECT count(*) AS total_projects, sum("budget") AS total_budget, min("startDate") AS since
    FROM "projects"
    WHERE "status" = 'active';
