-- Keys and indexes of the CRM's database. Run it after monolith.sql, and after the rows where there are any: the
-- foreign key of messages was never validated, because the rows would not pass.

ALTER TABLE ONLY activities
    ADD CONSTRAINT activities_pkey PRIMARY KEY (id);
ALTER TABLE ONLY agent_conversations
    ADD CONSTRAINT agent_conversations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY agent_messages
    ADD CONSTRAINT agent_messages_pkey PRIMARY KEY (id);
ALTER TABLE ONLY agent_tasks
    ADD CONSTRAINT agent_tasks_pkey PRIMARY KEY (id);
ALTER TABLE ONLY ai_agents
    ADD CONSTRAINT ai_agents_pkey PRIMARY KEY (id);
ALTER TABLE ONLY ai_conversations
    ADD CONSTRAINT ai_conversations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY ai_embeddings
    ADD CONSTRAINT ai_embeddings_pkey PRIMARY KEY (id);
ALTER TABLE ONLY ai_messages
    ADD CONSTRAINT ai_messages_pkey PRIMARY KEY (id);
ALTER TABLE ONLY alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY api_clients
    ADD CONSTRAINT api_clients_pkey PRIMARY KEY (id);
ALTER TABLE ONLY api_tokens
    ADD CONSTRAINT api_tokens_pkey PRIMARY KEY (id);
ALTER TABLE ONLY api_users
    ADD CONSTRAINT api_users_pkey PRIMARY KEY (id);
ALTER TABLE ONLY call_dispositions
    ADD CONSTRAINT call_dispositions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY call_logs
    ADD CONSTRAINT call_logs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY certifications
    ADD CONSTRAINT certifications_pkey PRIMARY KEY (id);
ALTER TABLE ONLY churn_predictions
    ADD CONSTRAINT churn_predictions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY commissions
    ADD CONSTRAINT commissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY contract_templates
    ADD CONSTRAINT contract_templates_pkey PRIMARY KEY (id);
ALTER TABLE ONLY contracts
    ADD CONSTRAINT contracts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY customer_pricing_tiers
    ADD CONSTRAINT customer_pricing_tiers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY deal_health
    ADD CONSTRAINT deal_health_pkey PRIMARY KEY (id);
ALTER TABLE ONLY email_templates
    ADD CONSTRAINT email_templates_pkey PRIMARY KEY (id);
ALTER TABLE ONLY equipment
    ADD CONSTRAINT equipment_pkey PRIMARY KEY (id);
ALTER TABLE ONLY inspections
    ADD CONSTRAINT inspections_pkey PRIMARY KEY (id);
ALTER TABLE ONLY inventory_items
    ADD CONSTRAINT inventory_items_pkey PRIMARY KEY (id);
ALTER TABLE ONLY invoices
    ADD CONSTRAINT invoices_pkey PRIMARY KEY (id);
ALTER TABLE ONLY job_costs
    ADD CONSTRAINT job_costs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY lead_scores
    ADD CONSTRAINT lead_scores_pkey PRIMARY KEY (id);
ALTER TABLE ONLY licenses
    ADD CONSTRAINT licenses_pkey PRIMARY KEY (id);
ALTER TABLE ONLY marketing_campaigns
    ADD CONSTRAINT marketing_campaigns_pkey PRIMARY KEY (id);
ALTER TABLE ONLY marketing_workflows
    ADD CONSTRAINT marketing_workflows_pkey PRIMARY KEY (id);
ALTER TABLE ONLY messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id);
ALTER TABLE ONLY payments
    ADD CONSTRAINT payments_pkey PRIMARY KEY (id);
ALTER TABLE ONLY payroll_periods
    ADD CONSTRAINT payroll_periods_pkey PRIMARY KEY (id);
ALTER TABLE ONLY prediction_models
    ADD CONSTRAINT prediction_models_pkey PRIMARY KEY (id);
ALTER TABLE ONLY pricing_rules
    ADD CONSTRAINT pricing_rules_pkey PRIMARY KEY (id);
ALTER TABLE ONLY pricing_zones
    ADD CONSTRAINT pricing_zones_pkey PRIMARY KEY (id);
ALTER TABLE ONLY quotes
    ADD CONSTRAINT quotes_pkey PRIMARY KEY (id);
ALTER TABLE ONLY revenue_forecasts
    ADD CONSTRAINT revenue_forecasts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY service_catalog
    ADD CONSTRAINT service_catalog_pkey PRIMARY KEY (id);
ALTER TABLE ONLY signature_requests
    ADD CONSTRAINT signature_requests_pkey PRIMARY KEY (id);
ALTER TABLE ONLY signatures
    ADD CONSTRAINT signatures_pkey PRIMARY KEY (id);
ALTER TABLE ONLY signed_documents
    ADD CONSTRAINT signed_documents_pkey PRIMARY KEY (id);
ALTER TABLE ONLY sms_consent_audit
    ADD CONSTRAINT sms_consent_audit_pkey PRIMARY KEY (id);
ALTER TABLE ONLY sms_consent
    ADD CONSTRAINT sms_consent_pkey PRIMARY KEY (id);
ALTER TABLE ONLY sms_templates
    ADD CONSTRAINT sms_templates_pkey PRIMARY KEY (id);
ALTER TABLE ONLY technician_pay_rates
    ADD CONSTRAINT technician_pay_rates_pkey PRIMARY KEY (id);
ALTER TABLE ONLY technicians
    ADD CONSTRAINT technicians_pkey PRIMARY KEY (id);
ALTER TABLE ONLY tickets
    ADD CONSTRAINT tickets_pkey PRIMARY KEY (id);
ALTER TABLE ONLY time_entries
    ADD CONSTRAINT time_entries_pkey PRIMARY KEY (id);
ALTER TABLE ONLY work_orders
    ADD CONSTRAINT work_orders_pkey PRIMARY KEY (id);
ALTER TABLE ONLY workflow_enrollments
    ADD CONSTRAINT workflow_enrollments_pkey PRIMARY KEY (id);
CREATE INDEX ix_agent_conversations_agent_id ON agent_conversations USING btree (agent_id);
CREATE INDEX ix_agent_conversations_customer_id ON agent_conversations USING btree (customer_id);
CREATE INDEX ix_agent_messages_conversation_id ON agent_messages USING btree (conversation_id);
CREATE INDEX ix_agent_tasks_agent_id ON agent_tasks USING btree (agent_id);
CREATE UNIQUE INDEX ix_ai_agents_name ON ai_agents USING btree (name);
CREATE INDEX ix_ai_conversations_user_id ON ai_conversations USING btree (user_id);
CREATE INDEX ix_ai_embeddings_entity_id ON ai_embeddings USING btree (entity_id);
CREATE INDEX ix_ai_messages_conversation_id ON ai_messages USING btree (conversation_id);
CREATE UNIQUE INDEX ix_api_clients_client_id ON api_clients USING btree (client_id);
CREATE INDEX ix_api_tokens_client_id ON api_tokens USING btree (client_id);
CREATE INDEX ix_api_tokens_refresh_token_hash ON api_tokens USING btree (refresh_token_hash);
CREATE UNIQUE INDEX ix_api_tokens_token_hash ON api_tokens USING btree (token_hash);
CREATE UNIQUE INDEX ix_api_users_email ON api_users USING btree (email);
CREATE INDEX ix_api_users_id ON api_users USING btree (id);
CREATE UNIQUE INDEX ix_call_dispositions_code ON call_dispositions USING btree (code);
CREATE INDEX ix_call_logs_customer_id ON call_logs USING btree (customer_id);
CREATE INDEX ix_call_logs_started_at ON call_logs USING btree (started_at);
CREATE INDEX ix_certifications_technician_id ON certifications USING btree (technician_id);
CREATE INDEX ix_churn_predictions_customer_id ON churn_predictions USING btree (customer_id);
CREATE INDEX ix_commissions_technician_id ON commissions USING btree (technician_id);
CREATE UNIQUE INDEX ix_contract_templates_name ON contract_templates USING btree (name);
CREATE UNIQUE INDEX ix_contracts_contract_number ON contracts USING btree (contract_number);
CREATE INDEX ix_contracts_customer_id ON contracts USING btree (customer_id);
CREATE INDEX ix_customer_pricing_tiers_customer_id ON customer_pricing_tiers USING btree (customer_id);
CREATE INDEX ix_customers_email ON customers USING btree (email);
CREATE INDEX ix_customers_id ON customers USING btree (id);
CREATE INDEX ix_deal_health_quote_id ON deal_health USING btree (quote_id);
CREATE UNIQUE INDEX ix_email_templates_code ON email_templates USING btree (code);
CREATE INDEX ix_equipment_customer_id ON equipment USING btree (customer_id);
CREATE INDEX ix_inspections_customer_id ON inspections USING btree (customer_id);
CREATE UNIQUE INDEX ix_inventory_items_sku ON inventory_items USING btree (sku);
CREATE UNIQUE INDEX ix_invoices_invoice_number ON invoices USING btree (invoice_number);
CREATE INDEX ix_job_costs_work_order_id ON job_costs USING btree (work_order_id);
CREATE INDEX ix_lead_scores_customer_id ON lead_scores USING btree (customer_id);
CREATE UNIQUE INDEX ix_licenses_license_number ON licenses USING btree (license_number);
CREATE INDEX ix_licenses_technician_id ON licenses USING btree (technician_id);
CREATE INDEX ix_marketing_workflows_campaign_id ON marketing_workflows USING btree (campaign_id);
CREATE INDEX ix_payments_invoice_id ON payments USING btree (invoice_id);
CREATE UNIQUE INDEX ix_prediction_models_name ON prediction_models USING btree (name);
CREATE INDEX ix_pricing_rules_service_id ON pricing_rules USING btree (service_id);
CREATE UNIQUE INDEX ix_pricing_zones_code ON pricing_zones USING btree (code);
CREATE INDEX ix_quotes_customer_id ON quotes USING btree (customer_id);
CREATE UNIQUE INDEX ix_quotes_quote_number ON quotes USING btree (quote_number);
CREATE UNIQUE INDEX ix_service_catalog_code ON service_catalog USING btree (code);
CREATE UNIQUE INDEX ix_signature_requests_access_token ON signature_requests USING btree (access_token);
CREATE INDEX ix_signature_requests_customer_id ON signature_requests USING btree (customer_id);
CREATE INDEX ix_signatures_request_id ON signatures USING btree (request_id);
CREATE INDEX ix_signed_documents_request_id ON signed_documents USING btree (request_id);
CREATE INDEX ix_sms_consent_audit_consent_id ON sms_consent_audit USING btree (consent_id);
CREATE INDEX ix_sms_consent_customer_id ON sms_consent USING btree (customer_id);
CREATE UNIQUE INDEX ix_sms_consent_phone_number ON sms_consent USING btree (phone_number);
CREATE UNIQUE INDEX ix_sms_templates_code ON sms_templates USING btree (code);
CREATE INDEX ix_technician_pay_rates_technician_id ON technician_pay_rates USING btree (technician_id);
CREATE INDEX ix_technicians_email ON technicians USING btree (email);
CREATE INDEX ix_tickets_customer_id ON tickets USING btree (customer_id);
CREATE INDEX ix_time_entries_payroll_period_id ON time_entries USING btree (payroll_period_id);
CREATE INDEX ix_time_entries_technician_id ON time_entries USING btree (technician_id);
CREATE INDEX ix_work_orders_customer_id ON work_orders USING btree (customer_id);
CREATE INDEX ix_work_orders_id ON work_orders USING btree (id);
CREATE INDEX ix_work_orders_technician_id ON work_orders USING btree (technician_id);
CREATE INDEX ix_workflow_enrollments_customer_id ON workflow_enrollments USING btree (customer_id);
CREATE INDEX ix_workflow_enrollments_workflow_id ON workflow_enrollments USING btree (workflow_id);
ALTER TABLE ONLY activities
    ADD CONSTRAINT activities_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id);
ALTER TABLE ONLY activities
    ADD CONSTRAINT activities_performed_by_fkey FOREIGN KEY (performed_by) REFERENCES api_users(id);
ALTER TABLE ONLY activities
    ADD CONSTRAINT activities_work_order_id_fkey FOREIGN KEY (work_order_id) REFERENCES work_orders(id);
ALTER TABLE ONLY agent_conversations
    ADD CONSTRAINT agent_conversations_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES ai_agents(id);
ALTER TABLE ONLY agent_conversations
    ADD CONSTRAINT agent_conversations_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id);
ALTER TABLE ONLY agent_messages
    ADD CONSTRAINT agent_messages_conversation_id_fkey
        FOREIGN KEY (conversation_id) REFERENCES agent_conversations(id) ON DELETE CASCADE;
ALTER TABLE ONLY agent_tasks
    ADD CONSTRAINT agent_tasks_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES ai_agents(id);
ALTER TABLE ONLY agent_tasks
    ADD CONSTRAINT agent_tasks_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES agent_conversations(id);
ALTER TABLE ONLY ai_conversations
    ADD CONSTRAINT ai_conversations_user_id_fkey FOREIGN KEY (user_id) REFERENCES api_users(id);
ALTER TABLE ONLY ai_messages
    ADD CONSTRAINT ai_messages_conversation_id_fkey
        FOREIGN KEY (conversation_id) REFERENCES ai_conversations(id) ON DELETE CASCADE;
ALTER TABLE ONLY api_clients
    ADD CONSTRAINT api_clients_owner_user_id_fkey FOREIGN KEY (owner_user_id) REFERENCES api_users(id);
ALTER TABLE ONLY api_tokens
    ADD CONSTRAINT api_tokens_client_id_fkey FOREIGN KEY (client_id) REFERENCES api_clients(id) ON DELETE CASCADE;
ALTER TABLE ONLY call_logs
    ADD CONSTRAINT call_logs_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id);
ALTER TABLE ONLY call_logs
    ADD CONSTRAINT call_logs_disposition_id_fkey FOREIGN KEY (disposition_id) REFERENCES call_dispositions(id);
ALTER TABLE ONLY call_logs
    ADD CONSTRAINT call_logs_user_id_fkey FOREIGN KEY (user_id) REFERENCES api_users(id);
ALTER TABLE ONLY certifications
    ADD CONSTRAINT certifications_technician_id_fkey FOREIGN KEY (technician_id) REFERENCES technicians(id);
ALTER TABLE ONLY churn_predictions
    ADD CONSTRAINT churn_predictions_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id);
ALTER TABLE ONLY churn_predictions
    ADD CONSTRAINT churn_predictions_model_id_fkey FOREIGN KEY (model_id) REFERENCES prediction_models(id);
ALTER TABLE ONLY commissions
    ADD CONSTRAINT commissions_payroll_period_id_fkey FOREIGN KEY (payroll_period_id) REFERENCES payroll_periods(id);
ALTER TABLE ONLY commissions
    ADD CONSTRAINT commissions_technician_id_fkey FOREIGN KEY (technician_id) REFERENCES technicians(id);
ALTER TABLE ONLY commissions
    ADD CONSTRAINT commissions_work_order_id_fkey FOREIGN KEY (work_order_id) REFERENCES work_orders(id);
ALTER TABLE ONLY contracts
    ADD CONSTRAINT contracts_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id);
ALTER TABLE ONLY contracts
    ADD CONSTRAINT contracts_template_id_fkey FOREIGN KEY (template_id) REFERENCES contract_templates(id);
ALTER TABLE ONLY customer_pricing_tiers
    ADD CONSTRAINT customer_pricing_tiers_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id);
ALTER TABLE ONLY deal_health
    ADD CONSTRAINT deal_health_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id);
ALTER TABLE ONLY deal_health
    ADD CONSTRAINT deal_health_quote_id_fkey FOREIGN KEY (quote_id) REFERENCES quotes(id);
ALTER TABLE ONLY equipment
    ADD CONSTRAINT equipment_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id);
ALTER TABLE ONLY equipment
    ADD CONSTRAINT equipment_work_order_id_fkey FOREIGN KEY (work_order_id) REFERENCES work_orders(id);
ALTER TABLE ONLY inspections
    ADD CONSTRAINT inspections_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id);
ALTER TABLE ONLY inspections
    ADD CONSTRAINT inspections_technician_id_fkey FOREIGN KEY (technician_id) REFERENCES technicians(id);
ALTER TABLE ONLY inspections
    ADD CONSTRAINT inspections_work_order_id_fkey FOREIGN KEY (work_order_id) REFERENCES work_orders(id);
ALTER TABLE ONLY invoices
    ADD CONSTRAINT invoices_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id);
ALTER TABLE ONLY invoices
    ADD CONSTRAINT invoices_work_order_id_fkey FOREIGN KEY (work_order_id) REFERENCES work_orders(id);
ALTER TABLE ONLY job_costs
    ADD CONSTRAINT job_costs_technician_id_fkey FOREIGN KEY (technician_id) REFERENCES technicians(id);
ALTER TABLE ONLY job_costs
    ADD CONSTRAINT job_costs_work_order_id_fkey FOREIGN KEY (work_order_id) REFERENCES work_orders(id);
ALTER TABLE ONLY lead_scores
    ADD CONSTRAINT lead_scores_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id);
ALTER TABLE ONLY lead_scores
    ADD CONSTRAINT lead_scores_model_id_fkey FOREIGN KEY (model_id) REFERENCES prediction_models(id);
ALTER TABLE ONLY licenses
    ADD CONSTRAINT licenses_technician_id_fkey FOREIGN KEY (technician_id) REFERENCES technicians(id);
ALTER TABLE ONLY marketing_campaigns
    ADD CONSTRAINT marketing_campaigns_email_template_id_fkey
        FOREIGN KEY (email_template_id) REFERENCES email_templates(id);
ALTER TABLE ONLY marketing_campaigns
    ADD CONSTRAINT marketing_campaigns_sms_template_id_fkey FOREIGN KEY (sms_template_id) REFERENCES sms_templates(id);
ALTER TABLE ONLY marketing_workflows
    ADD CONSTRAINT marketing_workflows_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES marketing_campaigns(id);
ALTER TABLE ONLY messages
    ADD CONSTRAINT messages_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id) NOT VALID;
ALTER TABLE ONLY payments
    ADD CONSTRAINT payments_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices(id);
ALTER TABLE ONLY payroll_periods
    ADD CONSTRAINT payroll_periods_approved_by_fkey FOREIGN KEY (approved_by) REFERENCES api_users(id);
ALTER TABLE ONLY pricing_rules
    ADD CONSTRAINT pricing_rules_service_id_fkey FOREIGN KEY (service_id) REFERENCES service_catalog(id);
ALTER TABLE ONLY pricing_rules
    ADD CONSTRAINT pricing_rules_zone_id_fkey FOREIGN KEY (zone_id) REFERENCES pricing_zones(id);
ALTER TABLE ONLY quotes
    ADD CONSTRAINT quotes_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id);
ALTER TABLE ONLY revenue_forecasts
    ADD CONSTRAINT revenue_forecasts_model_id_fkey FOREIGN KEY (model_id) REFERENCES prediction_models(id);
ALTER TABLE ONLY signature_requests
    ADD CONSTRAINT signature_requests_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id);
ALTER TABLE ONLY signatures
    ADD CONSTRAINT signatures_request_id_fkey
        FOREIGN KEY (request_id) REFERENCES signature_requests(id) ON DELETE CASCADE;
ALTER TABLE ONLY signed_documents
    ADD CONSTRAINT signed_documents_request_id_fkey
        FOREIGN KEY (request_id) REFERENCES signature_requests(id) ON DELETE CASCADE;
ALTER TABLE ONLY signed_documents
    ADD CONSTRAINT signed_documents_signature_id_fkey FOREIGN KEY (signature_id) REFERENCES signatures(id);
ALTER TABLE ONLY sms_consent_audit
    ADD CONSTRAINT sms_consent_audit_consent_id_fkey FOREIGN KEY (consent_id) REFERENCES sms_consent(id);
ALTER TABLE ONLY sms_consent_audit
    ADD CONSTRAINT sms_consent_audit_performed_by_fkey FOREIGN KEY (performed_by) REFERENCES api_users(id);
ALTER TABLE ONLY sms_consent
    ADD CONSTRAINT sms_consent_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id);
ALTER TABLE ONLY technician_pay_rates
    ADD CONSTRAINT technician_pay_rates_technician_id_fkey FOREIGN KEY (technician_id) REFERENCES technicians(id);
ALTER TABLE ONLY tickets
    ADD CONSTRAINT tickets_assigned_to_fkey FOREIGN KEY (assigned_to) REFERENCES api_users(id);
ALTER TABLE ONLY tickets
    ADD CONSTRAINT tickets_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id);
ALTER TABLE ONLY time_entries
    ADD CONSTRAINT time_entries_payroll_period_id_fkey FOREIGN KEY (payroll_period_id) REFERENCES payroll_periods(id);
ALTER TABLE ONLY time_entries
    ADD CONSTRAINT time_entries_technician_id_fkey FOREIGN KEY (technician_id) REFERENCES technicians(id);
ALTER TABLE ONLY time_entries
    ADD CONSTRAINT time_entries_work_order_id_fkey FOREIGN KEY (work_order_id) REFERENCES work_orders(id);
ALTER TABLE ONLY work_orders
    ADD CONSTRAINT work_orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id);
ALTER TABLE ONLY work_orders
    ADD CONSTRAINT work_orders_technician_id_fkey FOREIGN KEY (technician_id) REFERENCES technicians(id);
ALTER TABLE ONLY workflow_enrollments
    ADD CONSTRAINT workflow_enrollments_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id);
ALTER TABLE ONLY workflow_enrollments
    ADD CONSTRAINT workflow_enrollments_workflow_id_fkey
        FOREIGN KEY (workflow_id) REFERENCES marketing_workflows(id) ON DELETE CASCADE;
