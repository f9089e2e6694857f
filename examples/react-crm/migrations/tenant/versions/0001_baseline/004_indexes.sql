-- index public.ix_agent_conversations_agent_id
CREATE INDEX ix_agent_conversations_agent_id ON public.agent_conversations USING btree (agent_id);

-- index public.ix_agent_conversations_customer_id
CREATE INDEX ix_agent_conversations_customer_id ON public.agent_conversations USING btree (customer_id);

-- index public.ix_agent_messages_conversation_id
CREATE INDEX ix_agent_messages_conversation_id ON public.agent_messages USING btree (conversation_id);

-- index public.ix_agent_tasks_agent_id
CREATE INDEX ix_agent_tasks_agent_id ON public.agent_tasks USING btree (agent_id);

-- index public.ix_ai_conversations_user_id
CREATE INDEX ix_ai_conversations_user_id ON public.ai_conversations USING btree (user_id);

-- index public.ix_ai_embeddings_entity_id
CREATE INDEX ix_ai_embeddings_entity_id ON public.ai_embeddings USING btree (entity_id);

-- index public.ix_ai_messages_conversation_id
CREATE INDEX ix_ai_messages_conversation_id ON public.ai_messages USING btree (conversation_id);

-- index public.ix_call_dispositions_code
CREATE UNIQUE INDEX ix_call_dispositions_code ON public.call_dispositions USING btree (code);

-- index public.ix_call_logs_customer_id
CREATE INDEX ix_call_logs_customer_id ON public.call_logs USING btree (customer_id);

-- index public.ix_call_logs_started_at
CREATE INDEX ix_call_logs_started_at ON public.call_logs USING btree (started_at);

-- index public.ix_certifications_technician_id
CREATE INDEX ix_certifications_technician_id ON public.certifications USING btree (technician_id);

-- index public.ix_churn_predictions_customer_id
CREATE INDEX ix_churn_predictions_customer_id ON public.churn_predictions USING btree (customer_id);

-- index public.ix_commissions_technician_id
CREATE INDEX ix_commissions_technician_id ON public.commissions USING btree (technician_id);

-- index public.ix_contracts_contract_number
CREATE UNIQUE INDEX ix_contracts_contract_number ON public.contracts USING btree (contract_number);

-- index public.ix_contracts_customer_id
CREATE INDEX ix_contracts_customer_id ON public.contracts USING btree (customer_id);

-- index public.ix_customer_pricing_tiers_customer_id
CREATE INDEX ix_customer_pricing_tiers_customer_id ON public.customer_pricing_tiers USING btree (customer_id);

-- index public.ix_customers_email
CREATE INDEX ix_customers_email ON public.customers USING btree (email);

-- index public.ix_customers_id
CREATE INDEX ix_customers_id ON public.customers USING btree (id);

-- index public.ix_deal_health_quote_id
CREATE INDEX ix_deal_health_quote_id ON public.deal_health USING btree (quote_id);

-- index public.ix_equipment_customer_id
CREATE INDEX ix_equipment_customer_id ON public.equipment USING btree (customer_id);

-- index public.ix_inspections_customer_id
CREATE INDEX ix_inspections_customer_id ON public.inspections USING btree (customer_id);

-- index public.ix_inventory_items_sku
CREATE UNIQUE INDEX ix_inventory_items_sku ON public.inventory_items USING btree (sku);

-- index public.ix_invoices_invoice_number
CREATE UNIQUE INDEX ix_invoices_invoice_number ON public.invoices USING btree (invoice_number);

-- index public.ix_job_costs_work_order_id
CREATE INDEX ix_job_costs_work_order_id ON public.job_costs USING btree (work_order_id);

-- index public.ix_lead_scores_customer_id
CREATE INDEX ix_lead_scores_customer_id ON public.lead_scores USING btree (customer_id);

-- index public.ix_licenses_license_number
CREATE UNIQUE INDEX ix_licenses_license_number ON public.licenses USING btree (license_number);

-- index public.ix_licenses_technician_id
CREATE INDEX ix_licenses_technician_id ON public.licenses USING btree (technician_id);

-- index public.ix_marketing_workflows_campaign_id
CREATE INDEX ix_marketing_workflows_campaign_id ON public.marketing_workflows USING btree (campaign_id);

-- index public.ix_payments_invoice_id
CREATE INDEX ix_payments_invoice_id ON public.payments USING btree (invoice_id);

-- index public.ix_pricing_rules_service_id
CREATE INDEX ix_pricing_rules_service_id ON public.pricing_rules USING btree (service_id);

-- index public.ix_pricing_zones_code
CREATE UNIQUE INDEX ix_pricing_zones_code ON public.pricing_zones USING btree (code);

-- index public.ix_quotes_customer_id
CREATE INDEX ix_quotes_customer_id ON public.quotes USING btree (customer_id);

-- index public.ix_quotes_quote_number
CREATE UNIQUE INDEX ix_quotes_quote_number ON public.quotes USING btree (quote_number);

-- index public.ix_service_catalog_code
CREATE UNIQUE INDEX ix_service_catalog_code ON public.service_catalog USING btree (code);

-- index public.ix_signature_requests_access_token
CREATE UNIQUE INDEX ix_signature_requests_access_token ON public.signature_requests USING btree (access_token);

-- index public.ix_signature_requests_customer_id
CREATE INDEX ix_signature_requests_customer_id ON public.signature_requests USING btree (customer_id);

-- index public.ix_signatures_request_id
CREATE INDEX ix_signatures_request_id ON public.signatures USING btree (request_id);

-- index public.ix_signed_documents_request_id
CREATE INDEX ix_signed_documents_request_id ON public.signed_documents USING btree (request_id);

-- index public.ix_sms_consent_audit_consent_id
CREATE INDEX ix_sms_consent_audit_consent_id ON public.sms_consent_audit USING btree (consent_id);

-- index public.ix_sms_consent_customer_id
CREATE INDEX ix_sms_consent_customer_id ON public.sms_consent USING btree (customer_id);

-- index public.ix_sms_consent_phone_number
CREATE UNIQUE INDEX ix_sms_consent_phone_number ON public.sms_consent USING btree (phone_number);

-- index public.ix_technician_pay_rates_technician_id
CREATE INDEX ix_technician_pay_rates_technician_id ON public.technician_pay_rates USING btree (technician_id);

-- index public.ix_technicians_email
CREATE INDEX ix_technicians_email ON public.technicians USING btree (email);

-- index public.ix_tickets_customer_id
CREATE INDEX ix_tickets_customer_id ON public.tickets USING btree (customer_id);

-- index public.ix_time_entries_payroll_period_id
CREATE INDEX ix_time_entries_payroll_period_id ON public.time_entries USING btree (payroll_period_id);

-- index public.ix_time_entries_technician_id
CREATE INDEX ix_time_entries_technician_id ON public.time_entries USING btree (technician_id);

-- index public.ix_work_orders_customer_id
CREATE INDEX ix_work_orders_customer_id ON public.work_orders USING btree (customer_id);

-- index public.ix_work_orders_id
CREATE INDEX ix_work_orders_id ON public.work_orders USING btree (id);

-- index public.ix_work_orders_technician_id
CREATE INDEX ix_work_orders_technician_id ON public.work_orders USING btree (technician_id);

-- index public.ix_workflow_enrollments_customer_id
CREATE INDEX ix_workflow_enrollments_customer_id ON public.workflow_enrollments USING btree (customer_id);

-- index public.ix_workflow_enrollments_workflow_id
CREATE INDEX ix_workflow_enrollments_workflow_id ON public.workflow_enrollments USING btree (workflow_id);
