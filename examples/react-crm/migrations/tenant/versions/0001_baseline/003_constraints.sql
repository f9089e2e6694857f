-- constraint public.activities activities_pkey
ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_pkey PRIMARY KEY (id);

-- constraint public.agent_conversations agent_conversations_pkey
ALTER TABLE ONLY public.agent_conversations
    ADD CONSTRAINT agent_conversations_pkey PRIMARY KEY (id);

-- constraint public.agent_messages agent_messages_pkey
ALTER TABLE ONLY public.agent_messages
    ADD CONSTRAINT agent_messages_pkey PRIMARY KEY (id);

-- constraint public.agent_tasks agent_tasks_pkey
ALTER TABLE ONLY public.agent_tasks
    ADD CONSTRAINT agent_tasks_pkey PRIMARY KEY (id);

-- constraint public.ai_conversations ai_conversations_pkey
ALTER TABLE ONLY public.ai_conversations
    ADD CONSTRAINT ai_conversations_pkey PRIMARY KEY (id);

-- constraint public.ai_embeddings ai_embeddings_pkey
ALTER TABLE ONLY public.ai_embeddings
    ADD CONSTRAINT ai_embeddings_pkey PRIMARY KEY (id);

-- constraint public.ai_messages ai_messages_pkey
ALTER TABLE ONLY public.ai_messages
    ADD CONSTRAINT ai_messages_pkey PRIMARY KEY (id);

-- constraint public.call_dispositions call_dispositions_pkey
ALTER TABLE ONLY public.call_dispositions
    ADD CONSTRAINT call_dispositions_pkey PRIMARY KEY (id);

-- constraint public.call_logs call_logs_pkey
ALTER TABLE ONLY public.call_logs
    ADD CONSTRAINT call_logs_pkey PRIMARY KEY (id);

-- constraint public.certifications certifications_pkey
ALTER TABLE ONLY public.certifications
    ADD CONSTRAINT certifications_pkey PRIMARY KEY (id);

-- constraint public.churn_predictions churn_predictions_pkey
ALTER TABLE ONLY public.churn_predictions
    ADD CONSTRAINT churn_predictions_pkey PRIMARY KEY (id);

-- constraint public.commissions commissions_pkey
ALTER TABLE ONLY public.commissions
    ADD CONSTRAINT commissions_pkey PRIMARY KEY (id);

-- constraint public.contracts contracts_pkey
ALTER TABLE ONLY public.contracts
    ADD CONSTRAINT contracts_pkey PRIMARY KEY (id);

-- constraint public.customer_pricing_tiers customer_pricing_tiers_pkey
ALTER TABLE ONLY public.customer_pricing_tiers
    ADD CONSTRAINT customer_pricing_tiers_pkey PRIMARY KEY (id);

-- constraint public.customers customers_pkey
ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (id);

-- constraint public.deal_health deal_health_pkey
ALTER TABLE ONLY public.deal_health
    ADD CONSTRAINT deal_health_pkey PRIMARY KEY (id);

-- constraint public.equipment equipment_pkey
ALTER TABLE ONLY public.equipment
    ADD CONSTRAINT equipment_pkey PRIMARY KEY (id);

-- constraint public.inspections inspections_pkey
ALTER TABLE ONLY public.inspections
    ADD CONSTRAINT inspections_pkey PRIMARY KEY (id);

-- constraint public.inventory_items inventory_items_pkey
ALTER TABLE ONLY public.inventory_items
    ADD CONSTRAINT inventory_items_pkey PRIMARY KEY (id);

-- constraint public.invoices invoices_pkey
ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_pkey PRIMARY KEY (id);

-- constraint public.job_costs job_costs_pkey
ALTER TABLE ONLY public.job_costs
    ADD CONSTRAINT job_costs_pkey PRIMARY KEY (id);

-- constraint public.lead_scores lead_scores_pkey
ALTER TABLE ONLY public.lead_scores
    ADD CONSTRAINT lead_scores_pkey PRIMARY KEY (id);

-- constraint public.licenses licenses_pkey
ALTER TABLE ONLY public.licenses
    ADD CONSTRAINT licenses_pkey PRIMARY KEY (id);

-- constraint public.marketing_campaigns marketing_campaigns_pkey
ALTER TABLE ONLY public.marketing_campaigns
    ADD CONSTRAINT marketing_campaigns_pkey PRIMARY KEY (id);

-- constraint public.marketing_workflows marketing_workflows_pkey
ALTER TABLE ONLY public.marketing_workflows
    ADD CONSTRAINT marketing_workflows_pkey PRIMARY KEY (id);

-- constraint public.messages messages_pkey
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id);

-- constraint public.payments payments_pkey
ALTER TABLE ONLY public.payments
    ADD CONSTRAINT payments_pkey PRIMARY KEY (id);

-- constraint public.payroll_periods payroll_periods_pkey
ALTER TABLE ONLY public.payroll_periods
    ADD CONSTRAINT payroll_periods_pkey PRIMARY KEY (id);

-- constraint public.pricing_rules pricing_rules_pkey
ALTER TABLE ONLY public.pricing_rules
    ADD CONSTRAINT pricing_rules_pkey PRIMARY KEY (id);

-- constraint public.pricing_zones pricing_zones_pkey
ALTER TABLE ONLY public.pricing_zones
    ADD CONSTRAINT pricing_zones_pkey PRIMARY KEY (id);

-- constraint public.quotes quotes_pkey
ALTER TABLE ONLY public.quotes
    ADD CONSTRAINT quotes_pkey PRIMARY KEY (id);

-- constraint public.revenue_forecasts revenue_forecasts_pkey
ALTER TABLE ONLY public.revenue_forecasts
    ADD CONSTRAINT revenue_forecasts_pkey PRIMARY KEY (id);

-- constraint public.service_catalog service_catalog_pkey
ALTER TABLE ONLY public.service_catalog
    ADD CONSTRAINT service_catalog_pkey PRIMARY KEY (id);

-- constraint public.signature_requests signature_requests_pkey
ALTER TABLE ONLY public.signature_requests
    ADD CONSTRAINT signature_requests_pkey PRIMARY KEY (id);

-- constraint public.signatures signatures_pkey
ALTER TABLE ONLY public.signatures
    ADD CONSTRAINT signatures_pkey PRIMARY KEY (id);

-- constraint public.signed_documents signed_documents_pkey
ALTER TABLE ONLY public.signed_documents
    ADD CONSTRAINT signed_documents_pkey PRIMARY KEY (id);

-- constraint public.sms_consent_audit sms_consent_audit_pkey
ALTER TABLE ONLY public.sms_consent_audit
    ADD CONSTRAINT sms_consent_audit_pkey PRIMARY KEY (id);

-- constraint public.sms_consent sms_consent_pkey
ALTER TABLE ONLY public.sms_consent
    ADD CONSTRAINT sms_consent_pkey PRIMARY KEY (id);

-- constraint public.technician_pay_rates technician_pay_rates_pkey
ALTER TABLE ONLY public.technician_pay_rates
    ADD CONSTRAINT technician_pay_rates_pkey PRIMARY KEY (id);

-- constraint public.technicians technicians_pkey
ALTER TABLE ONLY public.technicians
    ADD CONSTRAINT technicians_pkey PRIMARY KEY (id);

-- constraint public.tickets tickets_pkey
ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_pkey PRIMARY KEY (id);

-- constraint public.time_entries time_entries_pkey
ALTER TABLE ONLY public.time_entries
    ADD CONSTRAINT time_entries_pkey PRIMARY KEY (id);

-- constraint public.work_orders work_orders_pkey
ALTER TABLE ONLY public.work_orders
    ADD CONSTRAINT work_orders_pkey PRIMARY KEY (id);

-- constraint public.workflow_enrollments workflow_enrollments_pkey
ALTER TABLE ONLY public.workflow_enrollments
    ADD CONSTRAINT workflow_enrollments_pkey PRIMARY KEY (id);
