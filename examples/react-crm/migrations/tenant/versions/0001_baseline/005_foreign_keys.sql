-- foreign key public.activities activities_customer_id_fkey
ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);

-- foreign key public.activities activities_work_order_id_fkey
ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_work_order_id_fkey FOREIGN KEY (work_order_id) REFERENCES public.work_orders(id);

-- foreign key public.agent_conversations agent_conversations_customer_id_fkey
ALTER TABLE ONLY public.agent_conversations
    ADD CONSTRAINT agent_conversations_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);

-- foreign key public.agent_messages agent_messages_conversation_id_fkey
ALTER TABLE ONLY public.agent_messages
    ADD CONSTRAINT agent_messages_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.agent_conversations(id) ON DELETE CASCADE;

-- foreign key public.agent_tasks agent_tasks_conversation_id_fkey
ALTER TABLE ONLY public.agent_tasks
    ADD CONSTRAINT agent_tasks_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.agent_conversations(id);

-- foreign key public.ai_messages ai_messages_conversation_id_fkey
ALTER TABLE ONLY public.ai_messages
    ADD CONSTRAINT ai_messages_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.ai_conversations(id) ON DELETE CASCADE;

-- foreign key public.call_logs call_logs_customer_id_fkey
ALTER TABLE ONLY public.call_logs
    ADD CONSTRAINT call_logs_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);

-- foreign key public.call_logs call_logs_disposition_id_fkey
ALTER TABLE ONLY public.call_logs
    ADD CONSTRAINT call_logs_disposition_id_fkey FOREIGN KEY (disposition_id) REFERENCES public.call_dispositions(id);

-- foreign key public.certifications certifications_technician_id_fkey
ALTER TABLE ONLY public.certifications
    ADD CONSTRAINT certifications_technician_id_fkey FOREIGN KEY (technician_id) REFERENCES public.technicians(id);

-- foreign key public.churn_predictions churn_predictions_customer_id_fkey
ALTER TABLE ONLY public.churn_predictions
    ADD CONSTRAINT churn_predictions_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);

-- foreign key public.commissions commissions_payroll_period_id_fkey
ALTER TABLE ONLY public.commissions
    ADD CONSTRAINT commissions_payroll_period_id_fkey FOREIGN KEY (payroll_period_id) REFERENCES public.payroll_periods(id);

-- foreign key public.commissions commissions_technician_id_fkey
ALTER TABLE ONLY public.commissions
    ADD CONSTRAINT commissions_technician_id_fkey FOREIGN KEY (technician_id) REFERENCES public.technicians(id);

-- foreign key public.commissions commissions_work_order_id_fkey
ALTER TABLE ONLY public.commissions
    ADD CONSTRAINT commissions_work_order_id_fkey FOREIGN KEY (work_order_id) REFERENCES public.work_orders(id);

-- foreign key public.contracts contracts_customer_id_fkey
ALTER TABLE ONLY public.contracts
    ADD CONSTRAINT contracts_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);

-- foreign key public.customer_pricing_tiers customer_pricing_tiers_customer_id_fkey
ALTER TABLE ONLY public.customer_pricing_tiers
    ADD CONSTRAINT customer_pricing_tiers_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);

-- foreign key public.deal_health deal_health_customer_id_fkey
ALTER TABLE ONLY public.deal_health
    ADD CONSTRAINT deal_health_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);

-- foreign key public.deal_health deal_health_quote_id_fkey
ALTER TABLE ONLY public.deal_health
    ADD CONSTRAINT deal_health_quote_id_fkey FOREIGN KEY (quote_id) REFERENCES public.quotes(id);

-- foreign key public.equipment equipment_customer_id_fkey
ALTER TABLE ONLY public.equipment
    ADD CONSTRAINT equipment_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);

-- foreign key public.equipment equipment_work_order_id_fkey
ALTER TABLE ONLY public.equipment
    ADD CONSTRAINT equipment_work_order_id_fkey FOREIGN KEY (work_order_id) REFERENCES public.work_orders(id);

-- foreign key public.inspections inspections_customer_id_fkey
ALTER TABLE ONLY public.inspections
    ADD CONSTRAINT inspections_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);

-- foreign key public.inspections inspections_technician_id_fkey
ALTER TABLE ONLY public.inspections
    ADD CONSTRAINT inspections_technician_id_fkey FOREIGN KEY (technician_id) REFERENCES public.technicians(id);

-- foreign key public.inspections inspections_work_order_id_fkey
ALTER TABLE ONLY public.inspections
    ADD CONSTRAINT inspections_work_order_id_fkey FOREIGN KEY (work_order_id) REFERENCES public.work_orders(id);

-- foreign key public.invoices invoices_customer_id_fkey
ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);

-- foreign key public.invoices invoices_work_order_id_fkey
ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_work_order_id_fkey FOREIGN KEY (work_order_id) REFERENCES public.work_orders(id);

-- foreign key public.job_costs job_costs_technician_id_fkey
ALTER TABLE ONLY public.job_costs
    ADD CONSTRAINT job_costs_technician_id_fkey FOREIGN KEY (technician_id) REFERENCES public.technicians(id);

-- foreign key public.job_costs job_costs_work_order_id_fkey
ALTER TABLE ONLY public.job_costs
    ADD CONSTRAINT job_costs_work_order_id_fkey FOREIGN KEY (work_order_id) REFERENCES public.work_orders(id);

-- foreign key public.lead_scores lead_scores_customer_id_fkey
ALTER TABLE ONLY public.lead_scores
    ADD CONSTRAINT lead_scores_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);

-- foreign key public.licenses licenses_technician_id_fkey
ALTER TABLE ONLY public.licenses
    ADD CONSTRAINT licenses_technician_id_fkey FOREIGN KEY (technician_id) REFERENCES public.technicians(id);

-- foreign key public.marketing_workflows marketing_workflows_campaign_id_fkey
ALTER TABLE ONLY public.marketing_workflows
    ADD CONSTRAINT marketing_workflows_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES public.marketing_campaigns(id);

-- foreign key public.messages messages_customer_id_fkey
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) NOT VALID;

-- foreign key public.payments payments_invoice_id_fkey
ALTER TABLE ONLY public.payments
    ADD CONSTRAINT payments_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES public.invoices(id);

-- foreign key public.pricing_rules pricing_rules_service_id_fkey
ALTER TABLE ONLY public.pricing_rules
    ADD CONSTRAINT pricing_rules_service_id_fkey FOREIGN KEY (service_id) REFERENCES public.service_catalog(id);

-- foreign key public.pricing_rules pricing_rules_zone_id_fkey
ALTER TABLE ONLY public.pricing_rules
    ADD CONSTRAINT pricing_rules_zone_id_fkey FOREIGN KEY (zone_id) REFERENCES public.pricing_zones(id);

-- foreign key public.quotes quotes_customer_id_fkey
ALTER TABLE ONLY public.quotes
    ADD CONSTRAINT quotes_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);

-- foreign key public.signature_requests signature_requests_customer_id_fkey
ALTER TABLE ONLY public.signature_requests
    ADD CONSTRAINT signature_requests_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);

-- foreign key public.signatures signatures_request_id_fkey
ALTER TABLE ONLY public.signatures
    ADD CONSTRAINT signatures_request_id_fkey FOREIGN KEY (request_id) REFERENCES public.signature_requests(id) ON DELETE CASCADE;

-- foreign key public.signed_documents signed_documents_request_id_fkey
ALTER TABLE ONLY public.signed_documents
    ADD CONSTRAINT signed_documents_request_id_fkey FOREIGN KEY (request_id) REFERENCES public.signature_requests(id) ON DELETE CASCADE;

-- foreign key public.signed_documents signed_documents_signature_id_fkey
ALTER TABLE ONLY public.signed_documents
    ADD CONSTRAINT signed_documents_signature_id_fkey FOREIGN KEY (signature_id) REFERENCES public.signatures(id);

-- foreign key public.sms_consent_audit sms_consent_audit_consent_id_fkey
ALTER TABLE ONLY public.sms_consent_audit
    ADD CONSTRAINT sms_consent_audit_consent_id_fkey FOREIGN KEY (consent_id) REFERENCES public.sms_consent(id);

-- foreign key public.sms_consent sms_consent_customer_id_fkey
ALTER TABLE ONLY public.sms_consent
    ADD CONSTRAINT sms_consent_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);

-- foreign key public.technician_pay_rates technician_pay_rates_technician_id_fkey
ALTER TABLE ONLY public.technician_pay_rates
    ADD CONSTRAINT technician_pay_rates_technician_id_fkey FOREIGN KEY (technician_id) REFERENCES public.technicians(id);

-- foreign key public.tickets tickets_customer_id_fkey
ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);

-- foreign key public.time_entries time_entries_payroll_period_id_fkey
ALTER TABLE ONLY public.time_entries
    ADD CONSTRAINT time_entries_payroll_period_id_fkey FOREIGN KEY (payroll_period_id) REFERENCES public.payroll_periods(id);

-- foreign key public.time_entries time_entries_technician_id_fkey
ALTER TABLE ONLY public.time_entries
    ADD CONSTRAINT time_entries_technician_id_fkey FOREIGN KEY (technician_id) REFERENCES public.technicians(id);

-- foreign key public.time_entries time_entries_work_order_id_fkey
ALTER TABLE ONLY public.time_entries
    ADD CONSTRAINT time_entries_work_order_id_fkey FOREIGN KEY (work_order_id) REFERENCES public.work_orders(id);

-- foreign key public.work_orders work_orders_customer_id_fkey
ALTER TABLE ONLY public.work_orders
    ADD CONSTRAINT work_orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);

-- foreign key public.work_orders work_orders_technician_id_fkey
ALTER TABLE ONLY public.work_orders
    ADD CONSTRAINT work_orders_technician_id_fkey FOREIGN KEY (technician_id) REFERENCES public.technicians(id);

-- foreign key public.workflow_enrollments workflow_enrollments_customer_id_fkey
ALTER TABLE ONLY public.workflow_enrollments
    ADD CONSTRAINT workflow_enrollments_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);

-- foreign key public.workflow_enrollments workflow_enrollments_workflow_id_fkey
ALTER TABLE ONLY public.workflow_enrollments
    ADD CONSTRAINT workflow_enrollments_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES public.marketing_workflows(id) ON DELETE CASCADE;
